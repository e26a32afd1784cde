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
local now_us, new_id = tonumber(ARGV[#ARGV]), '*'
if now_us > 0 then
  new_id = string.format('%.0f-*', math.floor(now_us / 1000)) -- virtual time, for tests: Redis 7
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
local revived = redis.call('XADD', stream, new_id, unpack(fields))
redis.call('XDEL', dead, id)
return { 'revived', revived }
