-- session_list: name the live sessions of a user.
--
-- KEYS[1]  list  session:{<tag>}:list
-- ARGV[-1] now   integer, us
--
-- listed  now_us handle expires_in_us...
--
-- The one that would end first comes first. now_us is the time to which ages in the sessions' own fields are counted.

local list = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local reply = { 'listed', now_us }
local alive = redis.call('ZRANGEBYSCORE', list, '(' .. string.format('%.0f', now_us), '+inf', 'WITHSCORES')
for at = 1, #alive, 2 do
  reply[#reply + 1] = alive[at]
  reply[#reply + 1] = tonumber(alive[at + 1]) - now_us
end
return reply
