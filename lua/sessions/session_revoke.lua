-- session_revoke: end one session and forget its data.
--
-- KEYS[1]  session  session:{<tag>}:id:<handle>
-- KEYS[2]  list     session:{<tag>}:list
-- ARGV[1]  handle   string
-- ARGV[-1] now      integer, us
--
-- ended
-- replaced  handle
-- gone
--
-- replaced: this is an old id, and nothing was ended yet; end the session under the handle that follows. It begins with
-- writes that need no memory, so logging out works when the memory is full.

local session, list = KEYS[1], KEYS[2]
local handle = ARGV[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local pointer = redis.call('HMGET', session, 'to', 'until_us')
if pointer[1] then
  if tonumber(pointer[2]) > now_us then
    return { 'replaced', pointer[1] }
  end
  return { 'gone' }
end
local until_us = tonumber(redis.call('ZSCORE', list, handle) or 0)
local data = redis.call('DEL', session)
redis.call('ZREM', list, handle)
if data == 1 and until_us > now_us then
  return { 'ended' }
end
return { 'gone' }
