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
-- Both happen here, at most 100 of each a call, so no other process has to run. A pop again with the same token gives
-- the same job as long as nobody else was given it: a repeat after a lost reply is safe. Once its lease has ended that
-- is a new attempt. empty: 0 when nothing is out or put off. A lease or a delay that has longer to go than it was given
-- for is of a clock that was set back since: it lasts from now on. The first write of every path needs no memory, so a
-- full server can still be drained.

local queue, jobs, state, leases, later, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local token, lease_us, tries = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local graves, ttl_us = tonumber(ARGV[4]), tonumber(ARGV[5])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local function attempts(id)
  return string.match(redis.call('HGET', state, ':' .. id) or '', '^(%d+) (%d+) ?(.*)$')
end

-- A token that went on to another job keeps its entry.
local function forget(id, holder)
  if holder and holder ~= '' and redis.call('HGET', state, '@' .. holder) == id then
    redis.call('HDEL', state, '@' .. holder)
  end
end

-- These fail on a key of another type, before anything is written.
local now = string.format('%.0f', now_us)
redis.call('LLEN', queue)
redis.call('LLEN', dead)
local expired = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)
local due = redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, 100)
local id = redis.call('HGET', state, '@' .. token)
local payload = redis.call('HGET', jobs, id or '')
if id then
  local try, _, holder = attempts(id)
  local until_us = redis.call('ZSCORE', leases, id)
  if not payload or holder ~= token then
    id = nil
  elseif until_us and tonumber(until_us) > now_us then
    return { 'job', id, payload, tonumber(try) }
  elseif tonumber(try) >= tries then
    id = nil
  elseif redis.call('ZREM', leases, id) == 0 then
    redis.call('LREM', queue, 1, id)
  end
end

for i = #expired, 1, -1 do
  local ended = expired[i]
  if ended ~= id then
    redis.call('ZREM', leases, ended)
    local try, _, holder = attempts(ended)
    local content = redis.call('HGET', jobs, ended)
    if not content then
      forget(ended, holder)
      redis.call('HDEL', state, ':' .. ended)
    elseif tonumber(try or 0) >= tries then
      forget(ended, holder)
      redis.call('HDEL', state, ':' .. ended)
      redis.call('HDEL', jobs, ended)
      redis.call('LPUSH', dead, try .. ' ' .. string.len(ended) .. ' ' .. ended .. content)
    else
      -- Its holder may still end it, as long as nobody else is given it: so the state stays.
      redis.call('LPUSH', queue, ended)
    end
  end
end
if #expired > 0 then
  redis.call('LTRIM', dead, 0, graves - 1)
end
for _, ready in ipairs(due) do
  redis.call('ZREM', later, ready)
  redis.call('RPUSH', queue, ready)
end

if not id then
  for _ = 1, 100 do
    id = redis.call('LPOP', queue)
    payload = id and redis.call('HGET', jobs, id)
    if not id or payload then
      break
    end
    redis.call('HDEL', state, ':' .. id)
  end
end
local try = 0
if payload then
  local before, _, holder = attempts(id)
  try = tonumber(before or 0) + 1
  forget(id, holder)
  redis.call('ZADD', leases, string.format('%.0f', now_us + lease_us), id)
  redis.call('HSET', state, ':' .. id, string.format('%.0f %.0f %s', try, lease_us, token), '@' .. token, id)
end

local last_us, next_us, set_back = now_us, math.huge, 0
for _, key in ipairs({ leases, later }) do
  local last
  for _ = 1, 100 do
    last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')
    local _, gave_us = attempts(last[1] or '')
    if not gave_us or tonumber(last[2]) - now_us <= tonumber(gave_us) then
      break
    end
    set_back = set_back + redis.call('ZREM', key, last[1])
    redis.call('ZADD', key, string.format('%.0f', now_us + tonumber(gave_us)), last[1])
  end
  last_us = math.max(last_us, tonumber(last[2] or 0))
  next_us = math.min(next_us, tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or math.huge))
end
local ends_ms = string.format('%.0f', math.ceil((last_us + ttl_us) / 1000) + 1)
if payload or #expired + #due + set_back > 0 then
  for _, key in ipairs({ queue, jobs, state, leases, later, dead }) do
    redis.call('PEXPIREAT', key, ends_ms)
  end
end
if not payload then
  if id then
    next_us = now_us -- of these ids no job is left; there may be others behind them
  end
  return { 'empty', next_us < math.huge and math.max(next_us - now_us, 1) or 0 }
end
return { 'job', id, payload, try }
