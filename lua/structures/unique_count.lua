-- unique_count: estimate how many different items the last periods saw.
--
-- KEYS[1]  periods  unique:{<name>}
-- KEYS[2]  seen     unique:{<name>}:seen:<slot>  repeated
-- ARGV[1]  every    integer, us
-- ARGV[2]  zone     integer, us
-- ARGV[3]  last     integer, count
-- ARGV[-1] now      integer, us
--
-- unique  items
--
-- Of the period that runs and those before it, `last` in all; an item seen in several counts once. Which one runs is
-- told as in unique_add.

local periods = KEYS[1]
local every_us, zone_us, last = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local slots = #KEYS - 1
local own, AHEAD = math.floor((now_us + zone_us) / every_us), math.max(2, math.ceil(3600000000 / every_us))
local number = own
for _, known in ipairs(redis.call('HVALS', periods)) do
  known = tonumber(known) or 0
  if known - own <= AHEAD then
    number = math.max(number, known)
  end
end
local asked = {}
for back = 0, last - 1 do
  local slot = (number - back) % slots
  if redis.call('HGET', periods, slot) == string.format('%.0f', number - back) then
    asked[#asked + 1] = KEYS[2 + slot]
  end
end
if #asked == 0 then
  return { 'unique', 0 }
end
return { 'unique', redis.call('PFCOUNT', unpack(asked)) }
