-- session_revoke_all: end every session of a user, or every other one.
--
-- KEYS[1]  list     session:{<tag>}:list
-- KEYS[2]  session  session:{<tag>}:id:<handle>  optional
-- ARGV[1]  handle   string
-- ARGV[-1] now      integer, us
--
-- ended     handle...
-- replaced  handle
-- gone
--
-- With KEYS[2] that session stays, and only it may ask: gone when it has ended, replaced when its id is an old one;
-- then nothing was ended. One atomic step however many there are: a login meanwhile is ended too, or is later than it.
-- What the ended ones stored can no longer be reached and goes with its expiry; a client may delete it before. Begins
-- with writes that need no memory.

local list, session = KEYS[1], KEYS[2]
local handle = ARGV[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

if session then
  local pointer = redis.call('HMGET', session, 'to', 'until_us')
  if pointer[1] and tonumber(pointer[2]) > now_us then
    return { 'replaced', pointer[1] }
  end
  if redis.call('EXISTS', session) == 0 or tonumber(redis.call('ZSCORE', list, handle) or 0) <= now_us then
    return { 'gone' }
  end
end
local reply = { 'ended' }
for _, other in ipairs(redis.call('ZRANGEBYSCORE', list, '(' .. string.format('%.0f', now_us), '+inf')) do
  if not session or other ~= handle then
    reply[#reply + 1] = other
  end
end
if not session then
  redis.call('DEL', list)
  return reply
end
for at = 2, #reply do
  redis.call('ZREM', list, reply[at])
end
local last = redis.call('ZRANGE', list, -1, -1, 'WITHSCORES')[2]
redis.call('PEXPIREAT', list, string.format('%.0f', math.ceil(last / 1000) + 1))
return reply
