-- fenced_write: write a value, unless a holder with a larger fence has written.
--
-- KEYS[1]  value    fenced:{<id>}
-- KEYS[2]  newest   fenced:{<id>}:fence
-- ARGV[1]  fence    string
-- ARGV[2]  payload  bytes
-- ARGV[3]  ttl      integer, us
-- ARGV[-1] now      integer, us
--
-- written
-- stale  newest
--
-- An equal fence is the same holder writing again. The newest fence is kept for a day longer than the value: a writer
-- that is later than both finds nothing that could refuse it.

local value, newest = KEYS[1], KEYS[2]
local fence, payload, ttl_us = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_FENCE_US = 86400000000

local function at_ms(us)
  return string.format('%.0f', math.ceil(us / 1000) + 1)
end

local seen = redis.call('GET', newest)
if seen and tonumber(seen) > fence then
  return { 'stale', seen }
end
redis.call('SET', newest, string.format('%.0f', fence), 'PXAT', at_ms(now_us + ttl_us + KEEP_FENCE_US))
redis.call('SET', value, payload, 'PXAT', at_ms(now_us + ttl_us))
return { 'written' }
