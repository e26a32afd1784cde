-- queue_look: count the jobs, and list the dead ones.
--
-- KEYS[1]  queue   queue:{<name>}
-- KEYS[2]  leases  queue:{<name>}:leases
-- KEYS[3]  later   queue:{<name>}:later
-- KEYS[4]  dead    queue:{<name>}:dead
-- ARGV[1]  count   integer, count
-- ARGV[-1] now     integer, us
--
-- looked  ready out later dead id attempt payload...
--
-- out: handed to somebody whose lease lasts; a job whose lease has ended, or that is due, counts as ready. Of the dead,
-- the newest `count` are listed.

local queue, leases, later, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local count = tonumber(ARGV[1])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local now = string.format('%.0f', now_us)
local ended = redis.call('ZCOUNT', leases, '-inf', now)
local due = redis.call('ZCOUNT', later, '-inf', now)
local reply = {
  'looked', redis.call('LLEN', queue) + ended + due, redis.call('ZCARD', leases) - ended,
  redis.call('ZCARD', later) - due, redis.call('LLEN', dead),
}
if count > 0 then
  for _, entry in ipairs(redis.call('LRANGE', dead, 0, count - 1)) do
    local try, size, at = string.match(entry, '^(%d+) (%d+) ()')
    if try then
      reply[#reply + 1] = string.sub(entry, at, at + size - 1)
      reply[#reply + 1] = tonumber(try)
      reply[#reply + 1] = string.sub(entry, at + size)
    end
  end
end
return reply
