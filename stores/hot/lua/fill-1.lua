--[[
  fill-1.lua: one chunk of a follower's first fill: scans cell hashes from where the last chunk ended.
  KEYS[1] state  hash
  ARGV[1] most cells  ARGV[2] most bytes (either may be passed by one step of the scan)
  ARGV[3] prefix of cell hashes' keys  ARGV[4] scan cursor in the first hash
  ARGV[5..] names of the hashes still to scan
  Returns { generation, next, floor, hashes done, scan cursor in the one after, { name, cells as "key\nregisters\n...", ... } }
  where the first three are nil without a state
]]
local mostCells, mostBytes = 2 * tonumber(ARGV[1]), tonumber(ARGV[2])
local out, done, cursor, cells, bytes = {}, 0, ARGV[4], 0, 0
for i = 5, #ARGV do
  local pages = {}
  repeat
    local page = redis.call('HSCAN', ARGV[3] .. ARGV[i], cursor, 'COUNT', '500')
    cursor = page[1]
    if #page[2] > 0 then
      local text = table.concat(page[2], '\n')
      pages[#pages + 1] = text
      cells = cells + #page[2]
      bytes = bytes + #text
    end
  until cursor == '0' or cells >= mostCells or bytes >= mostBytes
  if #pages > 0 then
    out[#out + 1] = ARGV[i]
    out[#out + 1] = table.concat(pages, '\n')
  end
  if cursor ~= '0' then break end
  done = done + 1
  if cells >= mostCells or bytes >= mostBytes then break end
end
local state = redis.call('HMGET', KEYS[1], 'generation', 'next', 'floor')
return { state[1], state[2], state[3], done, cursor, out }
