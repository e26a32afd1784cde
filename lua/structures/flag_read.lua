-- flag_read: look whether the flag is up.
--
-- KEYS[1]  flag  flag:{<name>}
-- ARGV[-1] now   integer, us
--
-- up  payload ends_in_us
-- down
--
-- What no flag_set wrote is WRONGTYPE.

local flag = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local ends_us, payload = string.match(redis.call('GET', flag) or '0 ', '^(%d+) (.*)$')
ends_us = tonumber(ends_us)
if not ends_us or ends_us >= 9007199254740992 then
  return redis.error_reply('WRONGTYPE the key holds no flag')
elseif ends_us > now_us then
  return { 'up', payload, ends_us - now_us }
end
return { 'down' }
