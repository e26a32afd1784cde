-- tag_add: give an item tags.
--
-- KEYS[1]  tags   tag:{<name>}:tags:<item>
-- KEYS[2]  items  tag:{<name>}:items:<tag>  repeated
-- ARGV[1]  item   string
-- ARGV[2]  most   integer, count
-- ARGV[3]  ttl    integer, us
-- ARGV[4]  tag    string  repeated
-- ARGV[-1] now    integer, us
--
-- tagged  tags
-- full    tag
--
-- Both directions are written in one step: the item's tags, and each tag's items. full: this tag has `most` items; no
-- tag is given. What is not added to for `ttl` ends. Asking needs no script: SMEMBERS, SISMEMBER, SINTER and SUNION are
-- atomic.

local tags = KEYS[1]
local item, most, ttl_us = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

redis.call('SCARD', tags) -- fails on a key of another type, before anything is written
for i = 2, #KEYS do
  if redis.call('SCARD', KEYS[i]) >= most and redis.call('SISMEMBER', KEYS[i], item) == 0 then
    return { 'full', ARGV[i + 2] }
  end
end
local ends_ms = string.format('%.0f', math.ceil((now_us + ttl_us) / 1000) + 1)
for i = 2, #KEYS do
  redis.call('SADD', KEYS[i], item)
  redis.call('PEXPIREAT', KEYS[i], ends_ms)
  redis.call('SADD', tags, ARGV[i + 2])
end
redis.call('PEXPIREAT', tags, ends_ms)
return { 'tagged', redis.call('SCARD', tags) }
