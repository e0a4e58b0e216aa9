--[[
  open-4.lua: creates a partition's hot state where there is none.
  KEYS[1] state  hash
  KEYS[2] index  set of the names of cell hashes
  KEYS[3] feed   stream
  KEYS[4] ids    set of the epochs that have a set of ids
  ARGV[1] generation to write  ARGV[2] first offset  ARGV[3] its epoch, also the floor
  ARGV[4] prefix of the cell hashes' keys  ARGV[5] cost that the feed keeps  ARGV[6] prefix of the sets of ids
  Returns { 1 } if created, { 0 } if there was a state, which is unchanged
]]
if redis.call('EXISTS', KEYS[1]) == 1 then return { 0 } end
for _, at in ipairs({ 2, 3, 5 }) do
  if not ARGV[at]:match('^%d+$') then return redis.error_reply('ERR not a whole number: ' .. ARGV[at]) end
end
-- cells without a state belong to nobody: someone deleted keys by hand
for _, group in ipairs(redis.call('SMEMBERS', KEYS[2])) do redis.call('UNLINK', ARGV[4] .. group) end
for _, epoch in ipairs(redis.call('SMEMBERS', KEYS[4])) do redis.call('UNLINK', ARGV[6] .. epoch) end
redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4])
redis.call('HSET', KEYS[1], 'generation', ARGV[1], 'next', ARGV[2], 'epoch', ARGV[3], 'nonce', '', 'floor', ARGV[3],
  'since', ARGV[2], 'maxEventTimeMs', '', 'last', '', 'fed', ARGV[5], 'kept', '0')
return { 1 }
