-- counter_add: add to the counter, within its bounds.
--
-- KEYS[1]  counter  counter:{<name>}
-- KEYS[2]  request  counter:{<name>}:request:<request>  optional
-- ARGV[1]  delta    integer, count
-- ARGV[2]  least    integer, count
-- ARGV[3]  most     integer, count
-- ARGV[4]  life     first | last
-- ARGV[5]  ttl      integer, us
-- ARGV[6]  replay   integer, us
-- ARGV[-1] now      integer, us
--
-- counted  value ends_in_us
-- refused  value ends_in_us
--
-- A counter that does not exist, or has ended, is 0. life = first: it ends `ttl` after its first addition, whatever is
-- added later; last: after the latest one. A sum outside the bounds is refused and writes nothing; a delta of 0 only
-- reads. A request id makes a repeat answer what the first call answered. A number that INCR left here without an end
-- is taken over, and gets one; what is no whole number below 2^53 is WRONGTYPE and stays.

local counter, request = KEYS[1], KEYS[2]
local delta, least, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local life, ttl_us, replay_us = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local function at_ms(us)
  return string.format('%.0f', math.ceil(us / 1000) + 1)
end

local EXACT = 9007199254740992

local function read(stored)
  local value, ends_us = string.match(stored, '^(%-?%d+) ?(%d*)$')
  value, ends_us = tonumber(value), tonumber(ends_us)
  return value and math.abs(value) < EXACT and (ends_us or 0) < EXACT and value, ends_us
end

local told = request and redis.call('GET', request)
local value, ends_us = read(redis.call('GET', counter) or '0')
if told then
  value, ends_us = read(told)
end
if not value or (told and not ends_us) then
  return redis.error_reply('WRONGTYPE the key holds no number that a counter wrote')
elseif told then
  return { 'counted', value, math.max(ends_us - now_us, 0) }
end

if ends_us and ends_us <= now_us then
  value, ends_us = 0, nil
end
if delta == 0 then
  return { 'counted', value, ends_us and ends_us - now_us or 0 }
end
local sum = value + delta
if sum < least or sum > most then
  return { 'refused', value, ends_us and ends_us - now_us or 0 }
end

if life == 'last' or not ends_us then
  ends_us = now_us + ttl_us
end
local state = string.format('%.0f %.0f', sum, ends_us)
redis.call('SET', counter, state, 'PXAT', at_ms(ends_us))
if request then
  redis.call('SET', request, state, 'PXAT', at_ms(now_us + replay_us))
end
return { 'counted', sum, ends_us - now_us }
