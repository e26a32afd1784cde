-- semaphore_release: give permits back, or leave the queue, and serve whoever waits next.
--
-- KEYS[1]  permits  semaphore:{<name>}
-- KEYS[2]  fence    semaphore:{<name>}:fence
-- KEYS[3]  queue    semaphore:{<name>}:queue
-- KEYS[4]  waiters  semaphore:{<name>}:waiters
-- ARGV[1]  owner    string
-- ARGV[2]  channel  string
-- ARGV[-1] now      integer, us
--
-- released
-- left
-- lost
--
-- released: the permits were ours and their lease had not ended. left: we only waited. lost: we hold nothing here (any
-- more). Every path begins with a write that needs no memory, so it works when the server's memory is full.

local permits, fence, queue, waiters = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local owner, channel = ARGV[1], ARGV[2]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_FENCE_US = 86400000000

local function digits(number)
  return string.format('%.0f', number)
end

local function at_ms(us)
  return digits(math.ceil(us / 1000) + 1)
end

-- These fail on a key of another type, before anything is written.
local until_us = string.match(redis.call('HGET', permits, owner) or '', '^%d+ (%d+)')
local token, granted = tonumber(redis.call('GET', fence) or 0), {}
redis.call('LLEN', queue)
if not token or token >= 9007199254740992 then
  return redis.error_reply('WRONGTYPE the key of the fence holds no number')
end
local waited = redis.call('HDEL', waiters, owner) == 1
if waited then
  redis.call('LREM', queue, 1, owner)
end
if not until_us and not waited then
  return { 'lost' }
end
redis.call('HDEL', permits, owner)

local used, last_us = 0, 0
local holders = redis.call('HGETALL', permits)
for at = 1, #holders, 2 do
  local held, ends_us = string.match(holders[at + 1], '^(%d+) (%d+)')
  if tonumber(ends_us) <= now_us then
    redis.call('HDEL', permits, holders[at])
  else
    used, last_us = used + tonumber(held), math.max(last_us, tonumber(ends_us))
  end
end

-- A waiter that leaves may have stood before others that fit, so the queue is served in either case.
while true do
  local first = redis.call('LINDEX', queue, 0)
  if not first then
    break
  end
  local leaves_us, stays_us, wants, under =
    string.match(redis.call('HGET', waiters, first) or '0 0 0 0', '^(%d+) (%d+) (%d+) (%d+)$')
  if tonumber(leaves_us) > now_us then
    if used + tonumber(wants) > tonumber(under) then
      break
    end
    token = math.max(token + 1, now_us)
    used, last_us = used + tonumber(wants), math.max(last_us, now_us + tonumber(stays_us))
    local record = { wants, digits(now_us + tonumber(stays_us)), digits(token), stays_us }
    redis.call('HSET', permits, first, table.concat(record, ' '))
    granted[#granted + 1] = first
  end
  redis.call('LPOP', queue)
  redis.call('HDEL', waiters, first)
end

if #granted > 0 then
  redis.call('SET', fence, digits(token), 'PXAT', at_ms(math.max(last_us, token) + KEEP_FENCE_US)) -- as in lock_acquire
  redis.call('PEXPIREAT', permits, at_ms(last_us))
  for _, to in ipairs(granted) do
    -- A wake-up that is not allowed is only a lost one: what follows must still be written.
    redis.pcall('PUBLISH', channel, to)
  end
end
if not until_us then
  return { 'left' }
end
return { tonumber(until_us) > now_us and 'released' or 'lost' }
