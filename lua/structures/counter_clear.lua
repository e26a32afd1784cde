-- counter_clear: end the counter now.
--
-- KEYS[1]  counter  counter:{<name>}
-- ARGV[-1] now      integer, us
--
-- cleared  value
--
-- Says what it had counted. What is added at the same time is in this value or in the new counter, never in both and
-- never lost. Works when the server's memory is full.

local counter = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local value, ends_us = string.match(redis.call('GET', counter) or '', '^(%-?%d+) ?(%d*)$')
redis.call('DEL', counter)
local ended = tonumber(ends_us or '') and tonumber(ends_us) <= now_us
return { 'cleared', ended and 0 or tonumber(value or 0) }
