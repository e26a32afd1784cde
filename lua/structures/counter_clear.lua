-- counter_clear: end the counter now.
--
-- KEYS[1]  counter  counter:{<name>}
-- ARGV[-1] now      integer, us
--
-- cleared  value
--
-- Says what it had counted. What is added at the same time is in this value or in the new counter, never in both and
-- never lost. What counter_add refuses is refused here too. Works when the server's memory is full.

local counter = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local EXACT = 9007199254740992

local value, ends_us = string.match(redis.call('GET', counter) or '0', '^(%-?%d+) ?(%d*)$')
value, ends_us = tonumber(value), tonumber(ends_us)
if not value or math.abs(value) >= EXACT or (ends_us or 0) >= EXACT then
  return redis.error_reply('WRONGTYPE the key holds no number that a counter wrote')
end
redis.call('DEL', counter)
return { 'cleared', ends_us and ends_us <= now_us and 0 or value }
