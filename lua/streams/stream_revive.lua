-- stream_revive: put a dead letter back into its stream, as a new message.
--
-- KEYS[1]  stream  stream:{<name>}
-- KEYS[2]  dead    stream:{<name>}:dead
-- ARGV[1]  id      string
-- ARGV[-1] now     integer, us
--
-- revived  id
-- empty
-- missing
--
-- Every group of the stream gets it, not only the one that buried it. empty: the letter has no content, because the
-- message was trimmed before it was handled; it stays.

local stream, dead = KEYS[1], KEYS[2]
local id = ARGV[1]
local now_us = tonumber(ARGV[#ARGV])

-- The server makes the id; in virtual time, for tests, it is made here (`<ms>-*` needs Redis 7).
local function next_id(key)
  if ARGV[#ARGV] == '0' then
    return '*'
  end
  local ms, number = string.format('%.0f', math.floor(now_us / 1000)), 0
  local facts = redis.pcall('XINFO', 'STREAM', key) -- an error, thus without facts, where there is none yet
  for at = 1, #facts, 2 do
    local last_ms, last = string.match(facts[at] == 'last-generated-id' and facts[at + 1] or '', '^(%d+)-(%d+)$')
    if last_ms == ms then
      number = tonumber(last) + 1
    end
  end
  return string.format('%s-%.0f', ms, number)
end

local letter = redis.call('XRANGE', dead, id, id)[1]
if not letter then
  return { 'missing' }
end
local fields = {}
for at = 1, #letter[2], 2 do
  local name = string.match(letter[2][at], '^f%.(.*)$')
  if name then
    fields[#fields + 1] = name
    fields[#fields + 1] = letter[2][at + 1]
  end
end
if #fields == 0 then
  return { 'empty' }
end
local revived = redis.call('XADD', stream, next_id(stream), unpack(fields))
redis.call('XDEL', dead, id)
return { 'revived', revived }
