-- flag_read: look whether the flag is up.
--
-- KEYS[1]  flag  flag:{<name>}
-- ARGV[-1] now   integer, us
--
-- up  payload ends_in_us
-- down

local flag = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local ends_us, payload = string.match(redis.call('GET', flag) or '', '^(%d+) (.*)$')
if ends_us and tonumber(ends_us) > now_us then
  return { 'up', payload, tonumber(ends_us) - now_us }
end
return { 'down' }
