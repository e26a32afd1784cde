-- session_use: load a session, keep it alive, and change its fields; what has ended stays ended.
--
-- KEYS[1]  session      session:{<tag>}:id:<handle>
-- KEYS[2]  list         session:{<tag>}:list
-- ARGV[1]  handle       string
-- ARGV[2]  touch_every  integer, us
-- ARGV[3]  version      integer, count
-- ARGV[4]  change       put | drop, field, value  repeated
-- ARGV[-1] now          integer, us
--
-- live      version age_us unused_us expires_in_us ends_in_us user field value...
-- conflict  version
-- replaced  handle
-- gone
--
-- version = 0: whatever it is. Changes name single fields, so writers of different fields keep each other's work. Idle
-- time starts anew when something changes, or when the last time lies touch_every or longer ago: reading seldom writes.
-- A full memory refuses changes before anything was written; loading and keeping alive still work.

local session, list = KEYS[1], KEYS[2]
local handle, touch_every_us, wanted = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local FIRST, LAST = 4, #ARGV - 1

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
local version, created_us, touched_us = tonumber(kept[1]), tonumber(kept[2]), tonumber(kept[3])
local idle_us, ends_us, user = tonumber(kept[4]), tonumber(kept[5]), kept[6]
if wanted ~= 0 and wanted ~= version then
  return { 'conflict', version }
end

local changes = LAST >= FIRST
if changes or now_us - touched_us >= touch_every_us then
  until_us = math.min(math.max(until_us, now_us + idle_us), ends_us)
  if changes then
    version = redis.call('HINCRBY', session, 'version', 1)
    for at = FIRST, LAST, 3 do
      if ARGV[at] == 'put' then
        redis.call('HSET', session, '.' .. ARGV[at + 1], ARGV[at + 2])
      else
        redis.call('HDEL', session, '.' .. ARGV[at + 1])
      end
    end
  end
  redis.call('PEXPIREAT', session, at_ms(until_us))
  redis.call('HSET', session, 'touched_us', digits(now_us))
  redis.call('ZADD', list, 'XX', digits(until_us), handle)
  redis.call('PEXPIREAT', list, at_ms(redis.call('ZRANGE', list, -1, -1, 'WITHSCORES')[2]))
end

local reply = {
  'live', version, math.max(now_us - created_us, 0), math.max(now_us - touched_us, 0), until_us - now_us,
  ends_us - now_us, user,
}
local stored = redis.call('HGETALL', session)
for at = 1, #stored, 2 do
  if string.sub(stored[at], 1, 1) == '.' then
    reply[#reply + 1] = string.sub(stored[at], 2)
    reply[#reply + 1] = stored[at + 1]
  end
end
return reply
