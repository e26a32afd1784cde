-- lock_renew: hold the lease for longer, while it is still ours.
--
-- KEYS[1]  lock   lock:{<name>}
-- KEYS[2]  fence  lock:{<name>}:fence
-- ARGV[1]  owner  string
-- ARGV[2]  ttl    integer, us
-- ARGV[-1] now    integer, us
--
-- renewed  fence
-- lost
--
-- A lease that ended is never revived, even when nobody took the lock since: somebody may have in between.

local lock, fence = KEYS[1], KEYS[2]
local owner, ttl_us = ARGV[1], tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_FENCE_US = 86400000000

local function at_ms(us)
  return string.format('%.0f', math.ceil(us / 1000) + 1)
end

local lease = redis.call('HMGET', lock, 'owner', 'fence', 'until_us', 'ttl_us')
if lease[1] ~= owner or tonumber(lease[3]) <= now_us then
  return { 'lost' }
end
-- Never shorter than it was, but when the clock was set back since. The expiry first, so that a full memory cannot stop
-- the script half-way; and once more after the write, for a server that stood still in between has dropped the key, and
-- the write made it anew.
local left_us = math.min(tonumber(lease[3]) - now_us, tonumber(lease[4] or lease[3]))
local lasts_us = math.max(left_us, ttl_us)
local until_us = now_us + lasts_us
redis.call('PEXPIREAT', lock, at_ms(until_us))
redis.call('PEXPIREAT', fence, at_ms(math.max(until_us, tonumber(lease[2])) + KEEP_FENCE_US)) -- as in lock_acquire
redis.call(
  'HSET', lock, 'until_us', string.format('%.0f', until_us), 'ttl_us', string.format('%.0f', lasts_us)
)
redis.call('PEXPIREAT', lock, at_ms(until_us))
return { 'renewed', lease[2] }
