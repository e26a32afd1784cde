-- lock_acquire: take the lease, or stand in the queue for it.
--
-- KEYS[1]  lock     lock:{<name>}
-- KEYS[2]  fence    lock:{<name>}:fence
-- KEYS[3]  queue    lock:{<name>}:queue
-- KEYS[4]  waiters  lock:{<name>}:waiters
-- ARGV[1]  owner    string
-- ARGV[2]  ttl      integer, us
-- ARGV[3]  patience integer, us
-- ARGV[4]  channel  string
-- ARGV[-1] now      integer, us
--
-- acquired  fence
-- waiting   position retry_after_us
-- held      retry_after_us
--
-- The owner asking again gets its own lease again, with the same fence: a repeat after a lost reply is safe.
-- patience = 0 asks without queueing. A waiter that does not ask again within its patience has left the queue. A free
-- lock goes to the first live waiter, so a newcomer never overtakes; the waiter has its patience to come and claim it.
-- The fence is max(stored + 1, now): it grows even when the counter was lost (hybrid logical clock). A denial changes
-- no lease, unless the server's clock was set back: then it lasts from now on for as long as it was given.

local lock, fence, queue, waiters = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local owner, ttl_us, patience_us, channel = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_FENCE_US, KEEP_QUEUE_US = 86400000000, 60000000

local function at_ms(us)
  return string.format('%.0f', math.ceil(us / 1000) + 1)
end

-- The counter is kept until the clock is past it: a clock that was ahead and is right again would give lower ones.
local function fence_at_ms(until_us, token)
  return at_ms(math.max(until_us, tonumber(token)) + KEEP_FENCE_US)
end

local function grant(to, lasts_us)
  local until_us, lasts = now_us + lasts_us, string.format('%.0f', lasts_us)
  local token = string.format('%.0f', math.max(tonumber(redis.call('GET', fence) or 0) + 1, now_us))
  redis.call('SET', fence, token, 'PXAT', fence_at_ms(until_us, token))
  redis.call('HSET', lock, 'owner', to, 'fence', token, 'until_us', string.format('%.0f', until_us), 'ttl_us', lasts)
  redis.call('PEXPIREAT', lock, at_ms(until_us))
  return token
end

local lease = redis.call('HMGET', lock, 'owner', 'fence', 'until_us', 'ttl_us')
local holder, until_us = lease[1], tonumber(lease[3] or 0)
if holder and until_us <= now_us then
  holder = false
end

if holder == owner then
  until_us = now_us + ttl_us
  redis.call(
    'HSET', lock, 'until_us', string.format('%.0f', until_us), 'ttl_us', string.format('%.0f', ttl_us)
  )
  redis.call('PEXPIREAT', lock, at_ms(until_us))
  redis.call('PEXPIREAT', fence, fence_at_ms(until_us, lease[2]))
  return { 'acquired', lease[2] }
end

if holder and until_us - now_us > tonumber(lease[4] or until_us) then
  until_us = now_us + tonumber(lease[4])
  redis.call('PEXPIREAT', lock, at_ms(until_us))
  redis.call('HSET', lock, 'until_us', string.format('%.0f', until_us))
end

if not holder then
  -- Only looked at so far: a pop as the first write would hide from the server that its memory is full.
  local passed = {}
  local lasts_us
  holder, lasts_us = owner, ttl_us
  while true do
    local first = redis.call('LINDEX', queue, #passed)
    if not first then
      break
    end
    passed[#passed + 1] = first
    local leaves_us, patient_us = string.match(redis.call('HGET', waiters, first) or '0 0', '^(%d+) (%d+)$')
    if tonumber(leaves_us) > now_us then
      if first ~= owner then
        holder, lasts_us = first, tonumber(patient_us)
      end
      break
    end
  end
  until_us = now_us + lasts_us
  local token = grant(holder, lasts_us)
  for _, gone in ipairs(passed) do
    redis.call('LPOP', queue)
    redis.call('HDEL', waiters, gone)
  end
  if holder == owner then
    return { 'acquired', token }
  end
  -- A wake-up that is not allowed is only a lost one: what follows must still be written.
  redis.pcall('PUBLISH', channel, holder)
end

local retry_us = until_us - now_us
if patience_us == 0 then
  return { 'held', retry_us }
end

-- The place is taken from the queue itself: if either key was lost, the waiter stands at the end, once. What needs
-- memory is written first.
local place = redis.call('LPOS', queue, owner)
local leaves_us = string.match(redis.call('HGET', waiters, owner) or '0', '^%d+')
redis.call(
  'HSET', waiters, owner, string.format('%.0f', now_us + patience_us) .. ' ' .. string.format('%.0f', patience_us)
)
if place and tonumber(leaves_us) <= now_us then
  redis.call('LREM', queue, 0, owner)
  place = false
end
place = place or redis.call('RPUSH', queue, owner) - 1
redis.call('PEXPIREAT', queue, at_ms(now_us + KEEP_QUEUE_US))
redis.call('PEXPIREAT', waiters, at_ms(now_us + KEEP_QUEUE_US))
return { 'waiting', place + 1, retry_us }
