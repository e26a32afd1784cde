-- flag_clear: take the flag down.
--
-- KEYS[1]  flag  flag:{<name>}
-- ARGV[-1] now   integer, us
--
-- cleared
-- down
--
-- What no flag_set wrote is WRONGTYPE and stays. Works when the server's memory is full.

local flag = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local ends_us = tonumber((string.match(redis.call('GET', flag) or '0 ', '^(%d+) ')))
if not ends_us or ends_us >= 9007199254740992 then
  return redis.error_reply('WRONGTYPE the key holds no flag')
end
redis.call('DEL', flag)
return { ends_us > now_us and 'cleared' or 'down' }
