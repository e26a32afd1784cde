-- redlock_renew: keep this node's vote for longer, while it is still the owner's.
--
-- KEYS[1]  vote   redlock:{<name>}
-- ARGV[1]  owner  string
-- ARGV[2]  ttl    integer, us
-- ARGV[-1] now    integer, us
--
-- renewed
-- lost
--
-- A vote that ended or was forgotten is never given anew here: somebody else may hold the lock in between.

local vote = KEYS[1]
local owner, ttl_us = ARGV[1], tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local given = redis.call('HMGET', vote, 'owner', 'until_us', 'ttl_us')
if given[1] ~= owner or tonumber(given[2]) <= now_us then
  return { 'lost' }
end
-- Never shorter, and the expiry first and last, as in lock_renew.
local left_us = math.min(tonumber(given[2]) - now_us, tonumber(given[3] or given[2]))
local lasts_us = math.max(left_us, ttl_us)
local until_us = now_us + lasts_us
local at_ms = string.format('%.0f', math.ceil(until_us / 1000) + 1)
redis.call('PEXPIREAT', vote, at_ms)
redis.call(
  'HSET', vote, 'until_us', string.format('%.0f', until_us), 'ttl_us', string.format('%.0f', lasts_us)
)
redis.call('PEXPIREAT', vote, at_ms)
return { 'renewed' }
