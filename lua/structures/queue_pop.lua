-- queue_pop: take the next job, for as long as the lease lasts.
--
-- KEYS[1]  queue    queue:{<name>}
-- KEYS[2]  jobs     queue:{<name>}:jobs
-- KEYS[3]  state    queue:{<name>}:state
-- KEYS[4]  leases   queue:{<name>}:leases
-- KEYS[5]  later    queue:{<name>}:later
-- KEYS[6]  dead     queue:{<name>}:dead
-- ARGV[1]  token    string
-- ARGV[2]  lease    integer, us
-- ARGV[3]  tries    integer, count
-- ARGV[4]  graves   integer, count
-- ARGV[5]  ttl      integer, us
-- ARGV[-1] now      integer, us
--
-- job    id payload attempt
-- empty  retry_after_us
--
-- A lease that ended makes its job the first again, or buries it after `tries`; jobs that are due stand at the end.
-- Both happen here, at most 100 of each a call, so no other process has to run. A pop again with the token of a lease
-- that lasts gives the same job: a repeat after a lost reply is safe. empty: 0 when nothing is out or put off. The
-- first write of every path needs no memory, so a full server can still be drained.

local queue, jobs, state, leases, later, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local token, lease_us, tries = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local graves, ttl_us = tonumber(ARGV[4]), tonumber(ARGV[5])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local now = string.format('%.0f', now_us)
local repeated = redis.call('HGET', state, '@' .. token)
if repeated then
  local until_us = redis.call('ZSCORE', leases, repeated)
  local try, holder = string.match(redis.call('HGET', state, ':' .. repeated) or '', '^(%d+) (.+)$')
  if holder == token and until_us and tonumber(until_us) > now_us then
    return { 'job', repeated, redis.call('HGET', jobs, repeated), tonumber(try) }
  end
end

local expired = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)
for i = #expired, 1, -1 do
  local id = expired[i]
  redis.call('ZREM', leases, id)
  local try, holder = string.match(redis.call('HGET', state, ':' .. id) or '', '^(%d+) (.+)$')
  local payload = redis.call('HGET', jobs, id)
  redis.call('HDEL', state, '@' .. (holder or ''))
  if not payload then
    redis.call('HDEL', state, ':' .. id)
  elseif tonumber(try or 0) >= tries then
    redis.call('HDEL', jobs, id)
    redis.call('HDEL', state, ':' .. id)
    redis.call('LPUSH', dead, try .. ' ' .. string.len(id) .. ' ' .. id .. payload)
  else
    redis.call('HSET', state, ':' .. id, try or '0')
    redis.call('LPUSH', queue, id)
  end
end
if #expired > 0 then
  redis.call('LTRIM', dead, 0, graves - 1)
end
local due = redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, 100)
for _, id in ipairs(due) do
  redis.call('ZREM', later, id)
  redis.call('RPUSH', queue, id)
end

local id, payload
for _ = 1, 100 do
  id = redis.call('LPOP', queue)
  payload = id and redis.call('HGET', jobs, id)
  if not id or payload then
    break
  end
  redis.call('HDEL', state, ':' .. id)
end
local try = 0
if payload then
  try = tonumber(string.match(redis.call('HGET', state, ':' .. id) or '0', '^%d+')) + 1
  redis.call('ZADD', leases, string.format('%.0f', now_us + lease_us), id)
  redis.call('HSET', state, ':' .. id, string.format('%.0f', try) .. ' ' .. token, '@' .. token, id)
end

local last_us, next_us = now_us, math.huge
for _, key in ipairs({ leases, later }) do
  last_us = math.max(last_us, tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2] or 0))
  next_us = math.min(next_us, tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or math.huge))
end
local ends_ms = string.format('%.0f', math.ceil((last_us + ttl_us) / 1000) + 1)
if payload or #expired + #due > 0 then
  for _, key in ipairs({ queue, jobs, state, leases, later, dead }) do
    redis.call('PEXPIREAT', key, ends_ms)
  end
end
if not payload then
  return { 'empty', next_us < math.huge and math.max(next_us - now_us, 1) or 0 }
end
return { 'job', id, payload, try }
