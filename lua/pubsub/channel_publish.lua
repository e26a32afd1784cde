-- channel_publish: number a message of the channel and publish it.
--
-- KEYS[1]  channel  channel:{<name>}
-- ARGV[1]  codec    integer, count
-- ARGV[2]  payload  bytes
-- ARGV[-1] now      integer, us
--
-- published  epoch seq receivers
--
-- The channel of the messages is called like the key. A message is '<epoch>:<seq>:<codec>:' and the payload.
-- epoch: when the counter was made, so that one which was lost and made anew is known for another.
-- It begins with a write that needs no memory, so it works when the server's memory is full.

local channel = KEYS[1]
local codec, payload = ARGV[1], ARGV[2]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_US = 86400000000

local at = string.format('%.0f', math.ceil((now_us + KEEP_US) / 1000) + 1)
local place = redis.call('HMGET', channel, 'epoch', 'seq')
local epoch = place[1] or string.format('%.0f', now_us)
local seq = string.format('%.0f', tonumber(place[2] or 0) + 1)

redis.call('PEXPIREAT', channel, at)
redis.call('HSET', channel, 'epoch', epoch, 'seq', seq)
redis.call('PEXPIREAT', channel, at)
local receivers = redis.call('PUBLISH', channel, table.concat({ epoch, seq, codec, payload }, ':'))
return { 'published', epoch, tonumber(seq), receivers }
