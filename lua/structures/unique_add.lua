-- unique_add: count items, each once a period.
--
-- KEYS[1]  periods  unique:{<name>}
-- KEYS[2]  seen     unique:{<name>}:seen:<slot>  repeated
-- ARGV[1]  every    integer, us
-- ARGV[2]  zone     integer, us
-- ARGV[3]  item     bytes  repeated
-- ARGV[-1] now      integer, us
--
-- counted  changed
--
-- As many slots as periods are kept; period number n lies in slot n modulo their number, and `periods` says which it
-- is. A slot ends when no kept period can be its own. changed: 1 when the estimate may have grown. The error of an
-- estimate is 0.81 % (standard deviation).

local periods = KEYS[1]
local every_us, zone_us = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local slots = #KEYS - 1
local number = math.floor((now_us + zone_us) / every_us)
local slot = number % slots
local seen, period = KEYS[2 + slot], string.format('%.0f', number)
local ends_ms = string.format('%.0f', math.ceil(((number + slots) * every_us - zone_us) / 1000) + 1)
local stands = redis.call('HGET', periods, slot)
redis.call('HSET', periods, slot, period)
if stands ~= period then
  redis.call('UNLINK', seen)
end
local changed = redis.call('PFADD', seen, unpack(ARGV, 3, #ARGV - 1))
redis.call('PEXPIREAT', seen, ends_ms)
redis.call('PEXPIREAT', periods, ends_ms)
return { 'counted', changed }
