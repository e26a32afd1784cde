-- board_remove: take a player off the board, in every window.
--
-- KEYS[1]  scores  board:{<name>}:scores:<window>  repeated
-- KEYS[2]  ids     board:{<name>}:ids:<window>  repeated
-- ARGV[1]  id      string
-- ARGV[-1] now     integer, us
--
-- removed
-- absent
--
-- Also from the periods that have passed. Works when the server's memory is full.

local id = ARGV[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local members = {}
for at = 1, #KEYS, 2 do
  local known = redis.call('HMGET', KEYS[at + 1], 'id:' .. id, 'ends_us')
  redis.call('ZCARD', KEYS[at]) -- fails on a key of another type, before anything is written
  members[at] = known[1] and tonumber(known[2]) > now_us and known[1] .. ':' .. id
end
local removed = 0
for at = 1, #KEYS, 2 do
  if members[at] then
    redis.call('HDEL', KEYS[at + 1], 'id:' .. id)
    removed = removed + redis.call('ZREM', KEYS[at], members[at])
  end
end
return { removed > 0 and 'removed' or 'absent' }
