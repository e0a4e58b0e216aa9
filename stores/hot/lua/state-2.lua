--[[
  state-2.lua: reads a partition's state with the names of its cell hashes.
  KEYS[1] state  hash
  KEYS[2] index  set of the names of cell hashes
  Returns { generation, next, epoch, nonce, floor, since, maxEventTimeMs, last, fed, kept, { name, ... } }; all nil without a state
]]
local state = redis.call('HMGET', KEYS[1], 'generation', 'next', 'epoch', 'nonce', 'floor', 'since', 'maxEventTimeMs', 'last',
  'fed', 'kept')
state[11] = redis.call('SMEMBERS', KEYS[2])
return state
