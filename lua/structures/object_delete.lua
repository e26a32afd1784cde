-- object_delete: delete the object, if it is at the version that the caller has seen.
--
-- KEYS[1]  object  object:{<name>}
-- ARGV[1]  seen    string
-- ARGV[-1] now     integer, us
--
-- deleted
-- conflict  version
-- missing
--
-- seen: as in object_write; empty for any. Works when the server's memory is full.

local object, seen = KEYS[1], ARGV[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local known = redis.call('HMGET', object, '@version', '@ends_us')
if not known[1] or tonumber(known[2]) <= now_us then
  return { 'missing' }
end
if seen ~= '' and seen ~= known[1] then
  return { 'conflict', known[1] }
end
redis.call('DEL', object)
return { 'deleted' }
