-- series_add: put a value at the end of a time series.
--
-- KEYS[1]  series  series:{<name>}
-- ARGV[1]  value   integer, count
-- ARGV[2]  keep    integer, us
-- ARGV[3]  most    integer, count
-- ARGV[-1] now     integer, us
--
-- added  at_us points
--
-- A member is the time in us, 16 digits, `:`, the value; its score is the time. The time is max(last + 1, now), so no
-- point replaces another and the order stays that of adding. Points older than `keep` leave, and the oldest beyond
-- `most`; the series ends when its last point is that old. Points more than `keep` ahead are of a clock that was wrong,
-- and leave too: else every later one would be dated behind them.

local series = KEYS[1]
local value, keep_us, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local EXACT, ahead = 9007199254740992, string.format('%.0f', now_us + keep_us)
local newest_us = tonumber(redis.call('ZREVRANGE', series, 0, 0, 'WITHSCORES')[2] or 0)
local last_us = newest_us
if newest_us > now_us + keep_us then
  last_us = tonumber(redis.call('ZREVRANGEBYSCORE', series, ahead, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)[2] or 0)
end
local at_us = math.max(last_us + 1, now_us)
if math.max(at_us, newest_us) + keep_us >= EXACT then
  return redis.error_reply('WRONGTYPE the scores of the sorted set are no times')
end
local at = string.format('%.0f', at_us)
local member = string.format('%016.0f', at_us) .. ':' .. value
redis.call('ZADD', series, at, member)
redis.call('ZREMRANGEBYSCORE', series, '(' .. string.format('%.0f', math.max(at_us, now_us + keep_us)), '+inf')
redis.call('ZREMRANGEBYSCORE', series, '-inf', string.format('%.0f', at_us - keep_us))
redis.call('ZREMRANGEBYRANK', series, 0, -most - 1)
redis.call('PEXPIREAT', series, string.format('%.0f', math.ceil((at_us + keep_us) / 1000) + 1))
return { 'added', at, redis.call('ZCARD', series) }
