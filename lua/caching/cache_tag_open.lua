-- cache_tag_open: the epochs of a tag, before a load that will carry them.
--
-- KEYS[1]  tag   cachetag:{<tag>}
-- ARGV[1]  hard  string
-- ARGV[2]  soft  string
-- ARGV[3]  ttl   integer, us
-- ARGV[-1] now   integer, us
--
-- epochs  hard soft
--
-- An entry is good while its tags have the epochs that they had before its load. Those given become the tag's where it
-- has none; they are random, because a number that began again would make old entries good. The tag lives for half of
-- `ttl` at least, which is longer than the entry does; should it go sooner, its entries are misses.

local tag = KEYS[1]
local new_hard, new_soft, ttl_us = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local hard, soft, until_us = string.match(redis.call('GET', tag) or '', '^(%x+) (%x+) (%d+)$')
until_us = tonumber(until_us or 0)
if until_us <= now_us then
  hard, soft = new_hard, new_soft
end
if until_us < now_us + ttl_us / 2 then
  until_us = now_us + ttl_us
  redis.call(
    'SET', tag, hard .. ' ' .. soft .. ' ' .. string.format('%.0f', until_us),
    'PXAT', string.format('%.0f', math.ceil(until_us / 1000) + 1)
  )
end
return { 'epochs', hard, soft }
