-- stream_bury: end a delivery that is still ours among the dead letters.
--
-- KEYS[1]  stream      stream:{<name>}
-- KEYS[2]  dead        stream:{<name>}:dead
-- ARGV[1]  group       string
-- ARGV[2]  consumer    string
-- ARGV[3]  id          string
-- ARGV[4]  deliveries  integer, count
-- ARGV[5]  reason      max_deliveries | rejected | undecodable
-- ARGV[6]  error       string
-- ARGV[7]  length      integer, count
-- ARGV[-1] now         integer, us
--
-- buried  dead_id
-- lost
--
-- The letter is written before the message is acknowledged: when the server refuses to grow, the message stays pending.

local stream, dead = KEYS[1], KEYS[2]
local group, consumer, id, deliveries = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local reason, text, length = ARGV[5], ARGV[6], ARGV[7]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_DEAD_US, MOST_WORDS = 7776000000000, 2000

local function at_ms(us)
  return string.format('%.0f', math.ceil(us / 1000) + 1)
end

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

-- The delivery is ours while consumer and count are: whoever claimed the message since has raised the count.
local found = redis.pcall('XPENDING', stream, group, id, id, 1, consumer)
if found.err and not string.find(found.err, 'NOGROUP', 1, true) then
  return found
end
if not found[1] or found[1][4] ~= deliveries then
  return { 'lost' }
end

local record = { 'id', id, 'group', group, 'consumer', consumer, 'deliveries', ARGV[4] }
for _, word in ipairs({ 'reason', reason, 'error', text }) do
  record[#record + 1] = word
end
local entry = redis.call('XRANGE', stream, id, id)[1]
local fields = entry and entry[2] or {}
for at = 1, math.min(#fields, MOST_WORDS), 2 do
  record[#record + 1] = 'f.' .. fields[at]
  record[#record + 1] = fields[at + 1]
end
local letter = redis.call('XADD', dead, 'MAXLEN', '~', length, next_id(dead), unpack(record))
redis.call('PEXPIREAT', dead, at_ms(now_us + KEEP_DEAD_US))
redis.call('XACK', stream, group, id)
return { 'buried', letter }
