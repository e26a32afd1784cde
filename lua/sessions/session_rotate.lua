-- session_rotate: give a session a new id; the old one points to it for a short grace.
--
-- KEYS[1]  session  session:{<tag>}:id:<handle>
-- KEYS[2]  fresh    session:{<tag>}:id:<handle>
-- KEYS[3]  list     session:{<tag>}:list
-- ARGV[1]  handle   string
-- ARGV[2]  fresh    string
-- ARGV[3]  grace    integer, us
-- ARGV[-1] now      integer, us
--
-- rotated   version age_us unused_us expires_in_us ends_in_us user field value...
-- replaced  handle
-- gone
-- taken
--
-- The old id then only reads, cannot be rotated again, and dies with the session. The idle time starts anew; the
-- absolute end stays. Begins with a write that needs no memory: an id can be replaced although the memory is full.

local session, fresh, list = KEYS[1], KEYS[2], KEYS[3]
local handle, fresh_handle, grace_us = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local function digits(number)
  return string.format('%.0f', number)
end

local function at_ms(us)
  return digits(math.ceil(us / 1000) + 1)
end

local pointer = redis.call('HMGET', session, 'to', 'until_us')
if pointer[1] then
  if tonumber(pointer[2]) > now_us then
    return { 'replaced', pointer[1] }
  end
  return { 'gone' }
end
local kept = redis.call('HMGET', session, 'version', 'created_us', 'touched_us', 'idle_us', 'ends_us', 'user')
local until_us = tonumber(redis.call('ZSCORE', list, handle) or 0)
if not kept[1] or until_us <= now_us then
  return { 'gone' }
end
if redis.call('EXISTS', fresh) == 1 or redis.call('ZSCORE', list, fresh_handle) then
  return { 'taken' }
end
local version, created_us, touched_us = tonumber(kept[1]), tonumber(kept[2]), tonumber(kept[3])
local idle_us, ends_us, user = tonumber(kept[4]), tonumber(kept[5]), kept[6]

until_us = math.min(math.max(until_us, now_us + idle_us), ends_us)
redis.call('RENAME', session, fresh)
redis.call('PEXPIREAT', fresh, at_ms(until_us))
redis.call('HSET', fresh, 'touched_us', digits(now_us))
redis.call('ZREM', list, handle)
redis.call('ZADD', list, digits(until_us), fresh_handle)
redis.call('PEXPIREAT', list, at_ms(redis.call('ZRANGE', list, -1, -1, 'WITHSCORES')[2]))
if grace_us > 0 then
  local grace_ends_us = math.min(now_us + grace_us, ends_us)
  redis.call('HSET', session, 'to', fresh_handle, 'until_us', digits(grace_ends_us))
  redis.call('PEXPIREAT', session, at_ms(grace_ends_us))
end

local reply = {
  'rotated', version, math.max(now_us - created_us, 0), math.max(now_us - touched_us, 0), until_us - now_us,
  ends_us - now_us, user,
}
local stored = redis.call('HGETALL', fresh)
for at = 1, #stored, 2 do
  if string.sub(stored[at], 1, 1) == '.' then
    reply[#reply + 1] = string.sub(stored[at], 2)
    reply[#reply + 1] = stored[at + 1]
  end
end
return reply
