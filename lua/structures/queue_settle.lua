-- queue_settle: end the lease of a job: done, to be tried again, or dead.
--
-- KEYS[1]  queue    queue:{<name>}
-- KEYS[2]  jobs     queue:{<name>}:jobs
-- KEYS[3]  state    queue:{<name>}:state
-- KEYS[4]  leases   queue:{<name>}:leases
-- KEYS[5]  later    queue:{<name>}:later
-- KEYS[6]  dead     queue:{<name>}:dead
-- ARGV[1]  id       string
-- ARGV[2]  token    string
-- ARGV[3]  verb     ack | retry | bury
-- ARGV[4]  delay    integer, us
-- ARGV[5]  tries    integer, count
-- ARGV[6]  graves   integer, count
-- ARGV[7]  ttl      integer, us
-- ARGV[-1] now      integer, us
--
-- acked
-- retried
-- buried
-- lost
--
-- lost: the lease ended and the job was handed to another or buried, or it was settled before. A lease that ended
-- counts as long as nobody else was given the job, also when the job waits in the queue again. A job that was tried
-- `tries` times is buried instead of retried. Works when the server's memory is full.

local queue, jobs, state, leases, later, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local id, token, verb, delay_us = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local tries, graves, ttl_us = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local try, holder = string.match(redis.call('HGET', state, ':' .. id) or '', '^(%d+) %d+ (.+)$')
local payload = redis.call('HGET', jobs, id)
-- These fail on a key of another type, before anything is written.
redis.call('LLEN', queue)
redis.call('LLEN', dead)
redis.call('ZCARD', later)
if holder ~= token or not payload then
  return { 'lost' }
end
if redis.call('ZREM', leases, id) == 0 then
  redis.call('LREM', queue, 1, id)
end
if redis.call('HGET', state, '@' .. token) == id then
  redis.call('HDEL', state, '@' .. token)
end
local answer = 'acked'
if verb == 'retry' and tonumber(try) < tries then
  answer = 'retried'
  redis.call('HSET', state, ':' .. id, string.format('%s %.0f', try, delay_us))
  if delay_us > 0 then
    redis.call('ZADD', later, string.format('%.0f', now_us + delay_us), id)
  else
    redis.call('RPUSH', queue, id)
  end
else
  redis.call('HDEL', jobs, id)
  redis.call('HDEL', state, ':' .. id)
  if verb ~= 'ack' then
    answer = 'buried'
    redis.call('LPUSH', dead, try .. ' ' .. string.len(id) .. ' ' .. id .. payload)
    redis.call('LTRIM', dead, 0, graves - 1)
  end
end

local last_us = now_us
for _, key in ipairs({ leases, later }) do
  last_us = math.max(last_us, tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2] or 0))
end
local ends_ms = string.format('%.0f', math.ceil((last_us + ttl_us) / 1000) + 1)
for _, key in ipairs({ queue, jobs, state, leases, later, dead }) do
  redis.call('PEXPIREAT', key, ends_ms)
end
return { answer }
