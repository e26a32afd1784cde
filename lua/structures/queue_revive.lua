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
-- They count as never tried. A dead job whose id was pushed anew meanwhile stays dead, and the next one is looked at
-- instead; no call passes more than 10,000.

local queue, jobs, state, leases, later, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local count, ttl_us = tonumber(ARGV[1]), tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

-- These fail on a key of another type, before anything is written.
redis.call('LLEN', queue)
redis.call('HLEN', jobs)
redis.call('HLEN', state)
local last_us = now_us
for _, key in ipairs({ leases, later }) do
  last_us = math.max(last_us, tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2] or 0))
end

local PAGE, FURTHEST = 10, 10000
local revived, passed = 0, 0
repeat
  -- Few at a time: a letter may hold a mebibyte.
  local entries = redis.call('LRANGE', dead, -passed - PAGE, -passed - 1)
  for i = #entries, 1, -1 do
    local size, at = string.match(entries[i], '^%d+ (%d+) ()')
    local id = size and string.sub(entries[i], at, at + size - 1)
    if id and revived < count and redis.call('HEXISTS', jobs, id) == 0 then
      redis.call('HSET', jobs, id, string.sub(entries[i], at + size))
      redis.call('HSET', state, ':' .. id, '0 0')
      redis.call('RPUSH', queue, id)
      redis.call('LREM', dead, -1, entries[i])
      revived = revived + 1
    else
      passed = passed + 1
    end
  end
until #entries < PAGE or revived == count or passed >= FURTHEST
if revived > 0 then
  local ends_ms = string.format('%.0f', math.ceil((last_us + ttl_us) / 1000) + 1)
  for _, key in ipairs(KEYS) do
    redis.call('PEXPIREAT', key, ends_ms)
  end
end
return { 'revived', revived }
