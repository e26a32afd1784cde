-- cache_release: give back the right to load, after a failure or a change of mind.
--
-- KEYS[1]  lease    cache:{<key>}:lease
-- ARGV[1]  token    string
-- ARGV[2]  backoff  integer, us
-- ARGV[-1] now      integer, us
--
-- released
-- lost
--
-- backoff > 0: the loader failed, and nobody in the fleet asks the source again before it has passed.

local lease = KEYS[1]
local token, backoff_us = ARGV[1], tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local kind, holder = string.match(redis.call('GET', lease) or '', '^(%u) %d+ %d+ (.*)$')
if kind ~= 'L' or holder ~= token then
  return { 'lost' }
end
redis.call('DEL', lease)
if backoff_us > 0 then
  local until_us = now_us + backoff_us
  redis.call(
    'SET', lease, string.format('F %.0f %.0f ', until_us, backoff_us),
    'PXAT', string.format('%.0f', math.ceil(until_us / 1000) + 1)
  )
end
return { 'released' }
