-- queue_extend: hold the job for longer, while it is still ours.
--
-- KEYS[1]  queue    queue:{<name>}
-- KEYS[2]  jobs     queue:{<name>}:jobs
-- KEYS[3]  state    queue:{<name>}:state
-- KEYS[4]  leases   queue:{<name>}:leases
-- KEYS[5]  later    queue:{<name>}:later
-- KEYS[6]  dead     queue:{<name>}:dead
-- ARGV[1]  id       string
-- ARGV[2]  token    string
-- ARGV[3]  lease    integer, us
-- ARGV[4]  ttl      integer, us
-- ARGV[-1] now      integer, us
--
-- extended
-- lost
--
-- Never shorter than it was, but when the clock was set back since. lost: as in queue_settle; a job that waits again is
-- taken out of the queue. Works when the server's memory is full.

local queue, state, leases, later = KEYS[1], KEYS[3], KEYS[4], KEYS[5]
local id, token, lease_us, ttl_us = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local try, gave_us, holder = string.match(redis.call('HGET', state, ':' .. id) or '', '^(%d+) (%d+) (.+)$')
local leased_us = redis.call('ZSCORE', leases, id)
local left_us = math.min(tonumber(leased_us or 0) - now_us, tonumber(gave_us or 0))
local lasts_us = math.max(left_us, lease_us)
local until_us = now_us + lasts_us
local last_us = until_us
for _, key in ipairs({ leases, later }) do
  last_us = math.max(last_us, tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2] or 0))
end
local ends_ms = string.format('%.0f', math.ceil((last_us + ttl_us) / 1000) + 1)
if holder ~= token or (not leased_us and redis.call('LREM', queue, 1, id) == 0) then
  return { 'lost' }
end
redis.call('PEXPIREAT', state, ends_ms) -- a first write that needs no memory
redis.call('ZADD', leases, string.format('%.0f', until_us), id)
redis.call('HSET', state, ':' .. id, string.format('%s %.0f %s', try, lasts_us, token))
for _, key in ipairs(KEYS) do
  redis.call('PEXPIREAT', key, ends_ms)
end
return { 'extended' }
