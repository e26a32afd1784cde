-- cache_renew: keep the right to load while a slow loader runs.
--
-- KEYS[1]  lease  cache:{<key>}:lease
-- ARGV[1]  token  string
-- ARGV[2]  ttl    integer, us
-- ARGV[-1] now    integer, us
--
-- renewed
-- lost

local lease = KEYS[1]
local token, ttl_us = ARGV[1], tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local kind, holder = string.match(redis.call('GET', lease) or '', '^(%u) %d+ %d+ (.*)$')
if kind ~= 'L' or holder ~= token then
  return { 'lost' }
end
local until_us = now_us + ttl_us
redis.call(
  'SET', lease, string.format('L %.0f %.0f %s', until_us, ttl_us, token),
  'PXAT', string.format('%.0f', math.ceil(until_us / 1000) + 1)
)
return { 'renewed' }
