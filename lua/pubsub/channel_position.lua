-- channel_position: where the channel stands, for a subscriber that may have missed messages.
--
-- KEYS[1]  channel  channel:{<name>}
-- ARGV[-1] now      integer, us
--
-- at  epoch seq
--
-- Makes the counter where there is none, so that a counter which is lost later is known by another epoch.
-- It begins with a write that needs no memory, so it works when the server's memory is full.

local channel = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_US = 86400000000

local at = string.format('%.0f', math.ceil((now_us + KEEP_US) / 1000) + 1)
local place = redis.call('HMGET', channel, 'epoch', 'seq')
redis.call('PEXPIREAT', channel, at)
if place[1] then
  return { 'at', place[1], tonumber(place[2]) }
end
local epoch = string.format('%.0f', now_us)
redis.call('HSET', channel, 'epoch', epoch, 'seq', '0')
redis.call('PEXPIREAT', channel, at)
return { 'at', epoch, 0 }
