-- window_refund: give back what one request was charged, once.
--
-- KEYS[1]  window   ratelimit:{<id>}
-- KEYS[2]  request  ratelimit:{<id>}:request:<request>
-- ARGV[1]  tiers    integer, count
-- ARGV[2]  tier     name, kind, limit, length  repeated
-- ARGV[-1] now      integer, us
--
-- refunded  units remaining reset_after_us...
-- passed
-- unknown
--
-- The units go back to the window that they were counted in; when that one has passed, nobody misses them. The record
-- of the request bounds the refund: never more than was charged, and a repeat gives nothing again. passed: all is gone,
-- or the server's clock was set back since, and its units cannot be told from others' any more, or a tier has never
-- counted here: nothing is given back, and nothing written.
-- Begins with PEXPIREAT, so it works when the server's memory is full.

local window, request = KEYS[1], KEYS[2]
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
local charged, at_us, since_us, outcome = string.match(told, '^(%-?%d+)|(%d+)|(%d+)|(.*)$')
charged, at_us = tonumber(charged), tonumber(at_us)

-- floor(a * b / c) for whole a, b, c up to 2^45: seven bits of a at a time, so that nothing reaches 2^53.
local function share(a, b, c)
  local place, quotient, rest = 1, 0, 0
  while place * 128 <= a do
    place = place * 128
  end
  while place >= 1 do
    local sum = rest * 128 + math.floor(a / place) % 128 * b
    quotient = quotient * 128 + math.floor(sum / c)
    rest = sum % c
    place = place / 128
  end
  return quotient, rest
end

local fields = { 'until_us' }
for i = 1, tiers do
  fields[i + 1] = 'tier:' .. ARGV[4 * i - 2]
end
fields[tiers + 2] = 'since_us'
local stored = redis.call('HMGET', window, unpack(fields))

local is_gone = at_us > now_us or stored[tiers + 2] ~= since_us
for i = 1, tiers do
  is_gone = is_gone or not stored[i + 1] or tonumber(string.match(stored[i + 1], '^%d+')) > now_us
end
if is_gone and charged > 0 then
  return { 'passed' }
end

local reply = { 'refunded', math.abs(charged) }
local until_us = tonumber(stored[1] or now_us)
local written = {}
for i = 1, tiers do
  local kind, limit, length_us = ARGV[4 * i - 1], tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
  local begun_us, current, previous = now_us, 0, 0
  if stored[i + 1] then
    local words = string.gmatch(stored[i + 1], '%d+')
    begun_us, current, previous = tonumber(words()), tonumber(words()), tonumber(words())
    begun_us, current, previous = math.min(begun_us, now_us), math.min(current, limit), math.min(previous, limit)
    if kind == 'aligned' then
      local origin_us = now_us - now_us % length_us
      if begun_us < origin_us then
        current = 0
      end
      begun_us, previous = origin_us, 0
    else
      local passed = math.floor((now_us - begun_us) / length_us)
      if passed > 0 then
        previous = passed == 1 and current or 0
        begun_us, current = begun_us + length_us, 0
      end
      if kind == 'first' then
        previous = 0
      end
      if current + previous == 0 then
        begun_us = now_us
      end
    end
    if at_us >= begun_us then
      current = math.max(current - math.max(charged, 0), 0)
    elseif at_us >= begun_us - length_us then
      previous = math.max(previous - math.max(charged, 0), 0)
    end
    written[#written + 1] = fields[i + 1]
    written[#written + 1] = string.format('%.0f %.0f %.0f', begun_us, current, previous)
  end
  local used, reset_us = current, 0
  if previous > 0 then
    local whole, rest = share(previous, begun_us + length_us - now_us, length_us)
    used = used + whole + (rest > 0 and 1 or 0)
    reset_us = begun_us + length_us - now_us
  end
  if current > 0 then
    reset_us = begun_us + (kind == 'sliding' and 2 or 1) * length_us - now_us
  end
  until_us = math.max(until_us, now_us + reset_us) -- a limit made slower lasts longer
  reply[#reply + 1] = math.max(limit - used, 0)
  reply[#reply + 1] = reset_us
end

if charged > 0 then
  local expires_ms = string.format('%.0f', math.ceil(until_us / 1000) + 1)
  redis.call('PEXPIREAT', window, expires_ms)
  if #written > 0 then
    redis.call('HSET', window, 'until_us', string.format('%.0f', until_us), unpack(written))
    redis.call('PEXPIREAT', window, expires_ms) -- if the key ended just before the write, the write made it anew
  end
  redis.call('SET', request, string.format('-%.0f|%.0f|%s|', charged, at_us, since_us) .. outcome, 'KEEPTTL')
end
return reply
