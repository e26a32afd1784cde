-- queue_revive: put dead jobs into the queue again, the oldest first.
--
-- KEYS[1]  queue   queue:{<name>}
-- KEYS[2]  jobs    queue:{<name>}:jobs
-- KEYS[3]  state   queue:{<name>}:state
-- KEYS[4]  leases  queue:{<name>}:leases
-- KEYS[5]  later   queue:{<name>}:later
-- KEYS[6]  dead    queue:{<name>}:dead
-- ARGV[1]  count   integer, count
-- ARGV[2]  ttl     integer, us
-- ARGV[-1] now     integer, us
--
-- revived  jobs
--
-- They count as never tried. A dead job whose id was pushed anew meanwhile stays dead.

local queue, jobs, state, leases, later, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local count, ttl_us = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local revived = 0
local entries = redis.call('LRANGE', dead, -count, -1)
for i = #entries, 1, -1 do
  local size, at = string.match(entries[i], '^%d+ (%d+) ()')
  local id = string.sub(entries[i], at, at + size - 1)
  if redis.call('HEXISTS', jobs, id) == 0 then
    redis.call('HSET', jobs, id, string.sub(entries[i], at + size))
    redis.call('HSET', state, ':' .. id, '0')
    redis.call('RPUSH', queue, id)
    redis.call('LREM', dead, -1, entries[i])
    revived = revived + 1
  end
end
if revived > 0 then
  local last_us = now_us
  for _, key in ipairs({ leases, later }) do
    last_us = math.max(last_us, tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2] or 0))
  end
  local ends_ms = string.format('%.0f', math.ceil((last_us + ttl_us) / 1000) + 1)
  for _, key in ipairs(KEYS) do
    redis.call('PEXPIREAT', key, ends_ms)
  end
end
return { 'revived', revived }
