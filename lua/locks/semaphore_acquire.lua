-- semaphore_acquire: take some permits, or stand in the queue for them.
--
-- KEYS[1]  permits  semaphore:{<name>}
-- KEYS[2]  fence    semaphore:{<name>}:fence
-- KEYS[3]  queue    semaphore:{<name>}:queue
-- KEYS[4]  waiters  semaphore:{<name>}:waiters
-- ARGV[1]  owner    string
-- ARGV[2]  weight   integer, count
-- ARGV[3]  limit    integer, count
-- ARGV[4]  ttl      integer, us
-- ARGV[5]  patience integer, us
-- ARGV[6]  channel  string
-- ARGV[-1] now      integer, us
--
-- acquired  fence
-- waiting   position retry_after_us
-- held      retry_after_us
--
-- Every holder has its own deadline, so a long lease beside a short one keeps its permits. The first live waiter is
-- served as soon as its weight fits under the limit that it asked with, and nobody passes it: a heavy waiter is never
-- starved. The owner asking again gets the same permits again, with the same fence. Patience, fence, and what happens
-- when the server's clock was set back are as in lock_acquire.

local permits, fence, queue, waiters = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local owner, weight, limit, ttl_us = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local patience_us, channel = tonumber(ARGV[5]), ARGV[6]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_FENCE_US, KEEP_QUEUE_US = 86400000000, 60000000

local function digits(number)
  return string.format('%.0f', number)
end

local function at_ms(us)
  return digits(math.ceil(us / 1000) + 1)
end

-- The counter is kept until the clock is past it, as in lock_acquire.
local function fence_at_ms(until_us, token)
  return at_ms(math.max(until_us, token) + KEEP_FENCE_US)
end

local used, first_us, last_us, mine, ended, set_back = 0, math.huge, 0, false, {}, {}
local holders = redis.call('HGETALL', permits)
for at = 1, #holders, 2 do
  local held, until_us, token, lasts_us = string.match(holders[at + 1], '^(%d+) (%d+) (%d+) ?(%d*)$')
  until_us, lasts_us = tonumber(until_us), tonumber(lasts_us)
  if until_us <= now_us then
    ended[#ended + 1] = holders[at]
  else
    if until_us - now_us > (lasts_us or until_us) then
      until_us = now_us + lasts_us
      set_back[holders[at]] = table.concat({ held, digits(until_us), token, digits(lasts_us) }, ' ')
    end
    used = used + tonumber(held)
    first_us, last_us = math.min(first_us, until_us), math.max(last_us, until_us)
    mine = mine or (holders[at] == owner and { held, token })
  end
end

for holder, record in pairs(set_back) do
  redis.call('PEXPIREAT', permits, at_ms(last_us))
  redis.call('HSET', permits, holder, record)
end

if mine then
  last_us = math.max(last_us, now_us + ttl_us)
  local record = table.concat({ mine[1], digits(now_us + ttl_us), mine[2], digits(ttl_us) }, ' ')
  redis.call('HSET', permits, owner, record)
  redis.call('PEXPIREAT', permits, at_ms(last_us))
  redis.call('PEXPIREAT', fence, fence_at_ms(last_us, tonumber(mine[2])))
  return { 'acquired', mine[2] }
end

-- Who is granted now: only looked at so far, for a pop as the first write would hide that the memory is full.
local granted, passed, is_open = {}, {}, false
local function grant(to, holds, lasts_us)
  used = used + holds
  first_us, last_us = math.min(first_us, now_us + lasts_us), math.max(last_us, now_us + lasts_us)
  granted[#granted + 1] = { to, holds, lasts_us }
  return to == owner
end

local is_ours = false
while not is_open do
  local first = redis.call('LINDEX', queue, #passed)
  if not first then
    is_open = true
  else
    local leaves_us, stays_us, wants, under =
      string.match(redis.call('HGET', waiters, first) or '0 0 0 0', '^(%d+) (%d+) (%d+) (%d+)$')
    if tonumber(leaves_us) > now_us then
      if used + tonumber(wants) > tonumber(under) then
        break
      end
      is_ours = grant(first, tonumber(wants), first == owner and ttl_us or tonumber(stays_us)) or is_ours
    end
    passed[#passed + 1] = first
  end
end
if is_open and not is_ours and used + weight <= limit then
  is_ours = grant(owner, weight, ttl_us)
end

local token = tonumber(redis.call('GET', fence) or 0)
local ours
if #granted > 0 then
  local last_token = math.max(token + 1, now_us) + #granted - 1
  redis.call('SET', fence, digits(last_token), 'PXAT', fence_at_ms(last_us, last_token))
  -- Before the grants: among them may be one whose last lease has ended.
  for _, gone in ipairs(ended) do
    redis.call('HDEL', permits, gone)
  end
  for at, grantee in ipairs(granted) do
    local its_token = digits(last_token - #granted + at)
    local record = { digits(grantee[2]), digits(now_us + grantee[3]), its_token, digits(grantee[3]) }
    redis.call('HSET', permits, grantee[1], table.concat(record, ' '))
    if grantee[1] == owner then
      ours = its_token
    else
      -- A wake-up that is not allowed is only a lost one: what follows must still be written.
      redis.pcall('PUBLISH', channel, grantee[1])
    end
  end
  redis.call('PEXPIREAT', permits, at_ms(last_us))
  for _, gone in ipairs(passed) do
    redis.call('LPOP', queue)
    redis.call('HDEL', waiters, gone)
  end
end
if is_ours then
  return { 'acquired', ours }
end

local retry_us = first_us - now_us
if patience_us == 0 then
  return { 'held', retry_us }
end

-- The place is taken from the queue itself: if either key was lost, the waiter stands at the end, once. What needs
-- memory is written first.
local place = redis.call('LPOS', queue, owner)
local leaves_us = string.match(redis.call('HGET', waiters, owner) or '0', '^%d+')
redis.call(
  'HSET', waiters, owner,
  digits(now_us + patience_us) .. ' ' .. digits(patience_us) .. ' ' .. digits(weight) .. ' ' .. digits(limit)
)
if place and tonumber(leaves_us) <= now_us then
  redis.call('LREM', queue, 0, owner)
  place = false
end
place = place or redis.call('RPUSH', queue, owner) - 1
redis.call('PEXPIREAT', queue, at_ms(now_us + KEEP_QUEUE_US))
redis.call('PEXPIREAT', waiters, at_ms(now_us + KEEP_QUEUE_US))
return { 'waiting', place + 1, retry_us }
