-- cache_delete: forget an entry and void every load that is under way.
--
-- KEYS[1]  entry    cache:{<key>}
-- KEYS[2]  lease    cache:{<key>}:lease
-- ARGV[1]  holdoff  integer, us
-- ARGV[-1] now      integer, us
--
-- deleted  entries
--
-- Call it after the source has committed. holdoff > 0: loads that begin within it are returned but not cached, for
-- sources that are read from a lagging replica. Begins with UNLINK, so it works when the server's memory is full.

local entry, lease = KEYS[1], KEYS[2]
local holdoff_us = tonumber(ARGV[1])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local entries = redis.call('UNLINK', entry)
redis.call('DEL', lease)
if holdoff_us > 0 then
  local until_us = now_us + holdoff_us
  redis.call(
    'SET', lease, 'H ' .. string.format('%.0f', until_us) .. ' ',
    'PXAT', string.format('%.0f', math.ceil(until_us / 1000) + 1)
  )
end
return { 'deleted', entries }
