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
-- is. A slot ends when no kept period can be its own. A clock that is set back by up to two periods, or by an hour if
-- that is longer, does not bring one back: the latest goes on. What lies further ahead is of a clock that was wrong, or
-- of periods of another length, and is forgotten. changed: 1 when the estimate may have grown. The error of an estimate
-- is 0.81 % (standard deviation).

local periods = KEYS[1]
local every_us, zone_us = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local slots = #KEYS - 1
local own, AHEAD = math.floor((now_us + zone_us) / every_us), math.max(2, math.ceil(3600000000 / every_us))
local number, wrong = own, {}
local kept = redis.call('HGETALL', periods)
for i = 1, #kept, 2 do
  local known = tonumber(kept[i + 1]) or 0
  if known - own <= AHEAD then
    number = math.max(number, known)
  else
    wrong[#wrong + 1] = kept[i]
  end
end
local slot = number % slots
local seen, period = KEYS[2 + slot], string.format('%.0f', number)
local ends_ms = string.format('%.0f', math.ceil(((number + slots) * every_us - zone_us) / 1000) + 1)
local start = redis.call('GETRANGE', seen, 0, 3) -- fails on a key of another type, before anything is written
if start ~= '' and start ~= 'HYLL' then
  return redis.error_reply('WRONGTYPE Key is not a valid HyperLogLog string value.')
end
if redis.call('HGET', periods, slot) ~= period then
  redis.call('HSET', periods, slot, period)
  redis.call('UNLINK', seen)
end
for _, other in ipairs(wrong) do
  if tonumber(other) ~= slot then
    redis.call('HDEL', periods, other)
  end
end
local changed, PAGE = 0, 1000 -- Lua unpacks 8,000 at most
for at = 3, #ARGV - 1, PAGE do
  changed = math.max(changed, redis.call('PFADD', seen, unpack(ARGV, at, math.min(at + PAGE, #ARGV) - 1)))
end
redis.call('PEXPIREAT', seen, ends_ms)
redis.call('PEXPIREAT', periods, ends_ms)
return { 'counted', changed }
