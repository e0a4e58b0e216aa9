#!lua flags=allow-oom
--[[
  forget-4.lua: deletes a partition's hot state, if it is the one that is meant; its owner begins anew at the boundary.
  KEYS[1] state  hash
  KEYS[2] index  set of the names of cell hashes
  KEYS[3] feed   stream
  KEYS[4] ids    set of the epochs that have a set of ids
  ARGV[1] generation  ARGV[2] prefix of the cell hashes' keys  ARGV[3] prefix of the sets of ids
  Returns { 1 } if deleted, { 0 } if there is no state or one of another generation, which is unchanged
]]
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return { 0 } end
for _, group in ipairs(redis.call('SMEMBERS', KEYS[2])) do redis.call('UNLINK', ARGV[2] .. group) end
for _, epoch in ipairs(redis.call('SMEMBERS', KEYS[4])) do redis.call('UNLINK', ARGV[3] .. epoch) end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return { 1 }
