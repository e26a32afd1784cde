-- redlock_acquire: give this node's vote to an owner, unless the node restarted too lately to know its votes.
--
-- KEYS[1]  vote     redlock:{<name>}
-- ARGV[1]  owner    string
-- ARGV[2]  ttl      integer, us
-- ARGV[3]  longest  integer, us
-- ARGV[4]  uptime   integer, us
-- ARGV[-1] now      integer, us
--
-- granted
-- held       retry_after_us
-- abstained  retry_after_us
--
-- A node without persistence forgets its votes when it restarts, and could vote for a second holder while the first one
-- still works. So it gives none until the longest lease that anybody may hold has passed since its start. uptime = 0 is
-- the server's own, which counts whole seconds; one is taken off, for it may have begun at the end of one. It is told
-- by the same clock as leases: set back, it lengthens the abstention, below zero too; set forward, it shortens both.

local vote = KEYS[1]
local owner, ttl_us, longest_us, uptime_us = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end
if uptime_us == 0 then
  uptime_us = (tonumber(string.match(redis.call('INFO', 'server'), 'uptime_in_seconds:(%-?%d+)')) - 1) * 1000000
end

if uptime_us <= longest_us then
  return { 'abstained', longest_us - uptime_us + 1 }
end
local given = redis.call('HMGET', vote, 'owner', 'until_us', 'ttl_us')
local until_us, gave_us = tonumber(given[2] or 0), tonumber(given[3] or given[2])
if given[1] and given[1] ~= owner and until_us > now_us then
  if until_us - now_us > gave_us then -- the clock was set back: the vote lasts from now on for as long as it was given
    until_us = now_us + gave_us
    redis.call('PEXPIREAT', vote, string.format('%.0f', math.ceil(until_us / 1000) + 1))
    redis.call('HSET', vote, 'until_us', string.format('%.0f', until_us))
  end
  return { 'held', until_us - now_us }
end
local ends, lasts = string.format('%.0f', now_us + ttl_us), string.format('%.0f', ttl_us)
redis.call('HSET', vote, 'owner', owner, 'until_us', ends, 'ttl_us', lasts)
redis.call('PEXPIREAT', vote, string.format('%.0f', math.ceil((now_us + ttl_us) / 1000) + 1))
return { 'granted' }
