-- cache_tag_mark_stale: make every entry that carries a tag stale.
--
-- KEYS[1]  tag   cachetag:{<tag>}
-- ARGV[1]  soft  string
-- ARGV[-1] now   integer, us
--
-- marked  tags
--
-- The soft form of a delete: the entries may be served for what is left of their time and their grace, while somebody
-- loads. Begins with PEXPIREAT, so it works when the server's memory is full.

local tag = KEYS[1]
local new_soft = ARGV[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local hard, until_us = string.match(redis.call('GET', tag) or '', '^(%x+) %x+ (%d+)$')
if tonumber(until_us or 0) <= now_us then
  return { 'marked', 0 }
end
local expires_ms = string.format('%.0f', math.ceil(tonumber(until_us) / 1000) + 1)
redis.call('PEXPIREAT', tag, expires_ms)
redis.call('SET', tag, hard .. ' ' .. new_soft .. ' ' .. until_us, 'PXAT', expires_ms)
return { 'marked', 1 }
