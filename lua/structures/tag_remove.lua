-- tag_remove: take tags from an item.
--
-- KEYS[1]  tags   tag:{<name>}:tags:<item>
-- KEYS[2]  items  tag:{<name>}:items:<tag>  repeated
-- ARGV[1]  item   string
-- ARGV[2]  ttl    integer, us
-- ARGV[3]  tag    string  repeated
-- ARGV[-1] now    integer, us
--
-- untagged  removed tags
--
-- In both directions, in one step; says how many tags were taken and how many are left. Works when the server's memory
-- is full.

local tags = KEYS[1]
local item, ttl_us = ARGV[1], tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

for i = 1, #KEYS do
  redis.call('SCARD', KEYS[i]) -- fails on a key of another type, before anything is written
end
local removed = 0
for i = 2, #KEYS do
  redis.call('SREM', KEYS[i], item)
  removed = removed + redis.call('SREM', tags, ARGV[i + 1])
end
redis.call('PEXPIREAT', tags, string.format('%.0f', math.ceil((now_us + ttl_us) / 1000) + 1))
return { 'untagged', removed, redis.call('SCARD', tags) }
