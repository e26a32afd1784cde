-- cache_tag_delete: forget every entry that carries a tag, and what is being loaded for one.
--
-- KEYS[1]  tag  cachetag:{<tag>}
-- ARGV[-1] now  integer, us
--
-- deleted  tags
--
-- One key, however many entries: without its epochs none of them is good any more. Works when the memory is full.

local tag = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local until_us = string.match(redis.call('GET', tag) or '', ' (%d+)$')
redis.call('UNLINK', tag)
return { 'deleted', tonumber(until_us or 0) > now_us and 1 or 0 }
