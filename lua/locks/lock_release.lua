-- lock_release: leave the lock, as its holder or as a waiter, and hand it to the next in the queue.
--
-- KEYS[1]  lock     lock:{<name>}
-- KEYS[2]  fence    lock:{<name>}:fence
-- KEYS[3]  queue    lock:{<name>}:queue
-- KEYS[4]  waiters  lock:{<name>}:waiters
-- ARGV[1]  owner    string
-- ARGV[2]  channel  string
-- ARGV[-1] now      integer, us
--
-- released
-- left
-- lost
--
-- released: the lease was ours and had not ended. left: we only waited. lost: we hold nothing here (any more).
-- Every path begins with a write that needs no memory, so it works when the server's memory is full.

local lock, fence, queue, waiters = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local owner, channel = ARGV[1], ARGV[2]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_FENCE_US = 86400000000

local function at_ms(us)
  return string.format('%.0f', math.ceil(us / 1000) + 1)
end

-- These fail on a key of another type, before anything is written.
local lease = redis.call('HMGET', lock, 'owner', 'until_us')
local last = tonumber(redis.call('GET', fence) or 0)
redis.call('LLEN', queue)
if not last or last >= 9007199254740992 then
  return redis.error_reply('WRONGTYPE the key of the fence holds no number')
end
local waited = redis.call('HDEL', waiters, owner) == 1
if waited then
  redis.call('LREM', queue, 1, owner)
end

if lease[1] ~= owner then
  return { waited and 'left' or 'lost' }
end
local in_time = tonumber(lease[2]) > now_us
redis.call('DEL', lock)

while true do
  local next_owner = redis.call('LPOP', queue)
  if not next_owner then
    break
  end
  local leaves_us, patience_us = string.match(redis.call('HGET', waiters, next_owner) or '0 0', '^(%d+) (%d+)$')
  redis.call('HDEL', waiters, next_owner)
  if tonumber(leaves_us) > now_us then
    local until_us = now_us + tonumber(patience_us)
    local number = math.max(last + 1, now_us)
    local token = string.format('%.0f', number)
    redis.call('SET', fence, token, 'PXAT', at_ms(math.max(until_us, number) + KEEP_FENCE_US)) -- as in lock_acquire
    local ends = string.format('%.0f', until_us)
    redis.call('HSET', lock, 'owner', next_owner, 'fence', token, 'until_us', ends, 'ttl_us', patience_us)
    redis.call('PEXPIREAT', lock, at_ms(until_us))
    -- A wake-up that is not allowed is only a lost one: what follows must still be written.
    redis.pcall('PUBLISH', channel, next_owner)
    break
  end
end
return { in_time and 'released' or 'lost' }
