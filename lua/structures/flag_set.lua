-- flag_set: put the flag up, unless it is.
--
-- KEYS[1]  flag     flag:{<name>}
-- ARGV[1]  payload  bytes
-- ARGV[2]  ttl      integer, us
-- ARGV[3]  when     down | always
-- ARGV[-1] now      integer, us
--
-- set
-- up  payload ends_in_us
--
-- Of many who set it at once, one is told `set`: once per `ttl`, over the whole fleet. when = always sets it anew,
-- with another payload and a new end. What no flag_set wrote is WRONGTYPE and stays.

local flag = KEYS[1]
local payload, ttl_us, when = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local ends_us, old = string.match(redis.call('GET', flag) or '0 ', '^(%d+) (.*)$')
ends_us = tonumber(ends_us)
if not ends_us or ends_us >= 9007199254740992 then
  return redis.error_reply('WRONGTYPE the key holds no flag')
elseif when == 'down' and ends_us > now_us then
  return { 'up', old, ends_us - now_us }
end
ends_us = now_us + ttl_us
redis.call(
  'SET', flag, string.format('%.0f', ends_us) .. ' ' .. payload,
  'PXAT', string.format('%.0f', math.ceil(ends_us / 1000) + 1)
)
return { 'set' }
