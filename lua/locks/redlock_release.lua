-- redlock_release: take this node's vote back.
--
-- KEYS[1]  vote   redlock:{<name>}
-- ARGV[1]  owner  string
-- ARGV[-1] now    integer, us
--
-- released
-- lost
--
-- lost: the vote is not the owner's (any more). It works when the server's memory is full.

local vote = KEYS[1]
local owner = ARGV[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local given = redis.call('HMGET', vote, 'owner', 'until_us')
if given[1] ~= owner then
  return { 'lost' }
end
redis.call('DEL', vote)
return { tonumber(given[2]) > now_us and 'released' or 'lost' }
