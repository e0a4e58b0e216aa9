#!lua flags=allow-oom
--[[
  drop-3.lua: raises the floor and deletes every epoch below it; runs when memory is full too, as it is what frees it.
  KEYS[1] state  hash
  KEYS[2] index  set of the names of cell hashes
  KEYS[3] feed   stream; an id is "<cost of everything fed so far>-0"
  ARGV[1] floor  ARGV[2] prefix of cell hashes' keys  ARGV[3] cost
  Returns { 1 } if the floor was raised, { 0 } if it is there already or there is no state
]]
local state = redis.call('HMGET', KEYS[1], 'next', 'floor')
if not state[1] then return { 0 } end
for _, at in ipairs({ 1, 3 }) do
  if not ARGV[at]:match('^%d+$') then return redis.error_reply('ERR not a whole number: ' .. ARGV[at]) end
end
local floor = tonumber(ARGV[1])
if floor <= tonumber(state[2]) then return { 0 } end
for _, group in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if tonumber(group:match('^%d+')) < floor then
    redis.call('UNLINK', ARGV[2] .. group)
    redis.call('SREM', KEYS[2], group)
  end
end
redis.call('HSET', KEYS[1], 'floor', ARGV[1])
redis.call('HINCRBY', KEYS[1], 'fed', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'kept', ARGV[3])
local place = redis.call('HMGET', KEYS[1], 'fed', 'kept')
redis.call('XADD', KEYS[3], 'MINID', place[2], place[1] .. '-0', 'from', state[1], 'next', state[1], 'floor', ARGV[1],
  'cells', '')
return { 1 }
