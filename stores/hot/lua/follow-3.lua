--[[
  follow-3.lua: reads a partition's state and what was fed after a follower's place, in one step.
  KEYS[1] state  hash
  KEYS[2] index  set of the names of cell hashes
  KEYS[3] feed   stream
  ARGV[1] place, exclusive: cost fed so far  ARGV[2] last place to return, inclusive
  Returns { generation, next, epoch, nonce, floor, since, maxEventTimeMs, last, fed, kept, { name, ... }, entries }
  where entries is what XRANGE returns; the first ten are nil without a state
]]
local state = redis.call('HMGET', KEYS[1], 'generation', 'next', 'epoch', 'nonce', 'floor', 'since', 'maxEventTimeMs', 'last',
  'fed', 'kept')
state[11] = redis.call('SMEMBERS', KEYS[2])
state[12] = redis.call('XRANGE', KEYS[3], '(' .. ARGV[1] .. '-0', ARGV[2] .. '-0')
return state
