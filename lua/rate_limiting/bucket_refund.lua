-- bucket_refund: give back what one request was charged, once.
--
-- KEYS[1]  bucket   bucket:{<id>}
-- KEYS[2]  request  bucket:{<id>}:request:<request>
-- ARGV[1]  tiers    integer, count
-- ARGV[2]  tier     name, ticks, rate, capacity  repeated
-- ARGV[-1] now      integer, us
--
-- refunded  units remaining reset_after_us...
-- unknown
--
-- The record of the request bounds the refund: never more than was charged, and a repeat gives nothing again. What
-- would have drained since the charge, had it been alone, has come back already: giving it back again would forgive
-- what others owe. After a clock that was set back that cannot be told, and nothing is given back.
-- Begins with PEXPIREAT, so it works when the server's memory is full.

local bucket, request = KEYS[1], KEYS[2]
local tiers = tonumber(ARGV[1])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local told = redis.call('GET', request)
if not told then
  return { 'unknown' }
end
local charged, charged_at, outcome = string.match(told, '^(%-?%d+)|(%d+)|(.*)$')
charged = tonumber(charged)
local since_us = now_us - tonumber(charged_at)

local fields = { 'until_us' }
for i = 1, tiers do
  fields[i + 1] = 'tier:' .. ARGV[4 * i - 2]
end
local stored = redis.call('HMGET', bucket, unpack(fields))

local reply = { 'refunded', math.abs(charged) }
local until_us = tonumber(stored[1] or now_us)
local written = {}
for i = 1, tiers do
  local ticks, rate, capacity = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
  local debt = 0
  if stored[i + 1] then
    local owed, unit, at_us = string.match(stored[i + 1], '^(%d+) (%d+) (%d+)$')
    owed, unit, at_us = tonumber(owed), tonumber(unit), tonumber(at_us)
    if unit ~= ticks then
      owed = math.min(math.ceil(owed / unit), capacity) * ticks
    end
    local elapsed = math.max(now_us - at_us, 0)
    if elapsed < math.ceil(owed / rate) then
      debt = owed - elapsed * rate
    end
    local given = math.max(charged, 0) * ticks
    given = since_us >= 0 and since_us < math.ceil(given / rate) and given - since_us * rate or 0
    debt = math.max(debt - given, 0)
    written[#written + 1] = fields[i + 1]
    written[#written + 1] = string.format('%.0f %.0f %.0f', debt, ticks, now_us)
    until_us = math.max(until_us, now_us + math.ceil(debt / rate)) -- a limit made slower drains for longer
  end
  reply[#reply + 1] = math.floor(math.max(capacity * ticks - debt, 0) / ticks)
  reply[#reply + 1] = math.ceil(debt / rate)
end

if charged > 0 then
  local expires_ms = string.format('%.0f', math.ceil(until_us / 1000) + 1)
  redis.call('PEXPIREAT', bucket, expires_ms)
  if #written > 0 then
    redis.call('HSET', bucket, 'until_us', string.format('%.0f', until_us), unpack(written))
    redis.call('PEXPIREAT', bucket, expires_ms) -- if the key ended just before the write, the write made it anew
  end
  redis.call('SET', request, string.format('-%.0f|%s|', charged, charged_at) .. outcome, 'KEEPTTL')
end
return reply
