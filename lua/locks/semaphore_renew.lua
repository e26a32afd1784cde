-- semaphore_renew: hold permits for longer, while they are still ours.
--
-- KEYS[1]  permits  semaphore:{<name>}
-- KEYS[2]  fence    semaphore:{<name>}:fence
-- ARGV[1]  owner    string
-- ARGV[2]  ttl      integer, us
-- ARGV[-1] now      integer, us
--
-- renewed  fence
-- lost
--
-- Permits whose lease ended are never revived, even when nobody took them since: somebody may have in between.

local permits, fence = KEYS[1], KEYS[2]
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

local record = redis.call('HGET', permits, owner) or ''
local held, until_us, token, gave_us = string.match(record, '^(%d+) (%d+) (%d+) ?(%d*)$')
if not held or tonumber(until_us) <= now_us then
  return { 'lost' }
end
-- As in lock_renew.
local left_us = math.min(tonumber(until_us) - now_us, tonumber(gave_us) or tonumber(until_us))
local lasts_us = math.max(left_us, ttl_us)
until_us = now_us + lasts_us
local last_us = until_us
for _, other in ipairs(redis.call('HVALS', permits)) do
  last_us = math.max(last_us, tonumber(string.match(other, '^%d+ (%d+)')))
end
-- The expiry first, so that a full memory cannot stop the script half-way; and once more after the write, for a server
-- that stood still in between has dropped the key, and the write made it anew.
redis.call('PEXPIREAT', permits, at_ms(last_us))
redis.call('PEXPIREAT', fence, at_ms(math.max(last_us, tonumber(token)) + KEEP_FENCE_US)) -- as in lock_acquire
redis.call('HSET', permits, owner, string.format('%s %.0f %s %.0f', held, until_us, token, lasts_us))
redis.call('PEXPIREAT', permits, at_ms(last_us))
return { 'renewed', token }
