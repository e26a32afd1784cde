-- queue_push: put a job into the queue, once.
--
-- KEYS[1]  queue    queue:{<name>}
-- KEYS[2]  jobs     queue:{<name>}:jobs
-- KEYS[3]  state    queue:{<name>}:state
-- KEYS[4]  leases   queue:{<name>}:leases
-- KEYS[5]  later    queue:{<name>}:later
-- KEYS[6]  dead     queue:{<name>}:dead
-- ARGV[1]  id       string
-- ARGV[2]  payload  bytes
-- ARGV[3]  delay    integer, us
-- ARGV[4]  most     integer, count
-- ARGV[5]  ttl      integer, us
-- ARGV[-1] now      integer, us
--
-- pushed  jobs
-- exists  jobs
-- full    jobs
--
-- exists: a job of this id waits or is worked on; a repeat after a lost reply is safe. full: the queue holds `most`
-- jobs, dead ones aside. A queue that nobody touches for `ttl` ends, counted from its last due job or lease.

local queue, jobs, state, leases, later, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local id, payload, delay_us = ARGV[1], ARGV[2], tonumber(ARGV[3])
local most, ttl_us = tonumber(ARGV[4]), tonumber(ARGV[5])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

-- These fail on a key of another type, before anything is written.
redis.call('LLEN', queue)
redis.call('LLEN', dead)
redis.call('HLEN', state)
local last_us = now_us + delay_us
for _, key in ipairs({ leases, later }) do
  last_us = math.max(last_us, tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2] or 0))
end
local held = redis.call('HLEN', jobs)
if redis.call('HEXISTS', jobs, id) == 1 then
  return { 'exists', held }
end
if held >= most then
  return { 'full', held }
end

redis.call('HSET', jobs, id, payload)
redis.call('HSET', state, ':' .. id, string.format('0 %.0f', delay_us))
if delay_us > 0 then
  redis.call('ZADD', later, string.format('%.0f', now_us + delay_us), id)
else
  redis.call('RPUSH', queue, id)
end

local ends_ms = string.format('%.0f', math.ceil((last_us + ttl_us) / 1000) + 1)
for _, key in ipairs({ queue, jobs, state, leases, later, dead }) do
  redis.call('PEXPIREAT', key, ends_ms)
end
return { 'pushed', held + 1 }
