--[[
  apply-4.lua: the fenced call. Writes a delta's cells and ids, moves the offset and tells followers, or changes nothing.
  KEYS[1] state  hash
  KEYS[2] index  set of the names of cell hashes
  KEYS[3] feed   stream; an id is "<cost of everything fed so far>-0"; cells are "name\nkey\nregisters\n...", hashes apart by "\n\n"
  KEYS[4] ids    set of the epochs that have a set of ids; only the delta's epoch and the one before it are kept
  ARGV[1] generation  ARGV[2] from, inclusive  ARGV[3] to, exclusive  ARGV[4] epoch  ARGV[5] floor that the cells obey
  ARGV[6] nonce  ARGV[7] maxEventTimeMs or ''  ARGV[8] last record or ''  ARGV[9] cost  ARGV[10] prefix of cell hashes' keys
  ARGV[11] prefix of the sets of ids  ARGV[12] how many sets of ids the delta adds to
  ARGV[13..] three per set of ids: its epoch, number of ids, ids as "id\nid..."
  then four per cell hash: its epoch, its name, number of cells, cells as "key\nregisters\nkey\nregisters..."
  Returns { 1, floor } applied; { 2, floor } this very call had been applied before; { 0 } refused
  The fence is core/seam/fence.ts. Numbers are compared, never formatted: what is stored are the caller's own texts (rule 13).
]]
local state = redis.call('HMGET', KEYS[1], 'generation', 'next', 'nonce', 'floor')
if state[1] ~= ARGV[1] then return { 0 } end
if state[3] == ARGV[6] then return { 2, state[4] } end
if state[2] ~= ARGV[2] then return { 0 } end
local floor = tonumber(state[4])
if floor < tonumber(ARGV[5]) then return { 0 } end

-- an error does not undo earlier writes, so everything is looked at before the first one
for _, at in ipairs({ 3, 4, 9 }) do
  if not ARGV[at]:match('^%d+$') then return redis.error_reply('ERR not a whole number: ' .. ARGV[at]) end
end
local find, sub = string.find, string.sub
local function lines(text)
  -- plain find and sub take three quarters of the time of gmatch
  local list, n, at = {}, 0, 1
  while at do
    local stop = find(text, '\n', at, true)
    n = n + 1
    list[n] = sub(text, at, stop and stop - 1)
    at = stop and stop + 1
  end
  return list, n
end
local sets, groups, fed = {}, {}, {}
local cellsAt = 13 + 3 * tonumber(ARGV[12])
for i = 13, cellsAt - 1, 3 do
  local ids, n = lines(ARGV[i + 2])
  if n ~= tonumber(ARGV[i + 1]) then return redis.error_reply('ERR ids with a broken line in epoch ' .. ARGV[i]) end
  sets[#sets + 1] = { epoch = ARGV[i], ids = ids, n = n }
end
for i = cellsAt, #ARGV, 4 do
  local epoch = tonumber(ARGV[i])
  -- a covered epoch is not resurrected: below the floor only the offset moves
  if epoch >= floor then
    local cells, n = lines(ARGV[i + 3])
    if n ~= 2 * tonumber(ARGV[i + 2]) then return redis.error_reply('ERR cells with a broken line in ' .. ARGV[i + 1]) end
    groups[#groups + 1] = { name = ARGV[i + 1], cells = cells, n = n }
    fed[#fed + 1] = ARGV[i + 1] .. '\n' .. ARGV[i + 3]
  end
end

for _, group in ipairs(groups) do
  redis.call('SADD', KEYS[2], group.name)
  local key = ARGV[10] .. group.name
  for i = 1, group.n, 1000 do redis.call('HSET', key, unpack(group.cells, i, math.min(i + 999, group.n))) end
end
if #sets > 0 then
  -- no record repeats what is older than the epoch before the last one's
  local oldest = tonumber(ARGV[4]) - 1
  for _, epoch in ipairs(redis.call('SMEMBERS', KEYS[4])) do
    if tonumber(epoch) < oldest then
      redis.call('UNLINK', ARGV[11] .. epoch)
      redis.call('SREM', KEYS[4], epoch)
    end
  end
  for _, set in ipairs(sets) do
    redis.call('SADD', KEYS[4], set.epoch)
    local key = ARGV[11] .. set.epoch
    for i = 1, set.n, 1000 do redis.call('SADD', key, unpack(set.ids, i, math.min(i + 999, set.n))) end
  end
end
redis.call('HSET', KEYS[1], 'next', ARGV[3], 'epoch', ARGV[4], 'nonce', ARGV[6], 'maxEventTimeMs', ARGV[7], 'last', ARGV[8])
redis.call('HINCRBY', KEYS[1], 'fed', ARGV[9])
redis.call('HINCRBY', KEYS[1], 'kept', ARGV[9])
local place = redis.call('HMGET', KEYS[1], 'fed', 'kept')
redis.call('XADD', KEYS[3], 'MINID', place[2], place[1] .. '-0', 'from', ARGV[2], 'next', ARGV[3], 'floor', state[4],
  'cells', table.concat(fed, '\n\n'))
return { 1, state[4] }
