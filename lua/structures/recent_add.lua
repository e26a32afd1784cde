-- recent_add: put an item in front, and let the last ones go.
--
-- KEYS[1]  recent  recent:{<name>}
-- ARGV[1]  item    bytes
-- ARGV[2]  most    integer, count
-- ARGV[3]  same    keep | move
-- ARGV[4]  ttl     integer, us
-- ARGV[-1] now     integer, us
--
-- added  items
--
-- same = move: an item that is there already moves to the front instead of standing twice. The list ends `ttl` after
-- the last addition, and never holds more than `most`. Reading needs no script: LRANGE is one atomic command.

local recent = KEYS[1]
local item, most, same, ttl_us = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local stands = same == 'move' and redis.call('LPOS', recent, item)
redis.call('LPUSH', recent, item)
if stands then
  redis.call('LREM', recent, -1, item)
end
redis.call('LTRIM', recent, 0, most - 1)
redis.call('PEXPIREAT', recent, string.format('%.0f', math.ceil((now_us + ttl_us) / 1000) + 1))
return { 'added', redis.call('LLEN', recent) }
