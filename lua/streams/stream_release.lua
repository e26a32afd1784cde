-- stream_release: give a delivery back, to be claimed by anyone after a delay.
--
-- KEYS[1]  stream      stream:{<name>}
-- ARGV[1]  group       string
-- ARGV[2]  consumer    string
-- ARGV[3]  id          string
-- ARGV[4]  deliveries  integer, count
-- ARGV[5]  idle        integer, us
-- ARGV[6]  delay       integer, us
-- ARGV[-1] now         integer, us
--
-- released
-- lost
--
-- The message goes to a consumer that nobody is, with an idle time that lacks the delay until claims of `idle` take it:
-- the order stays, and no second structure holds it. delay is at most idle, for Redis knows no idle time below zero.
-- The delivery stays counted: a count that fell would come again, and a late call about the first would mean the next.
-- Works when the server's memory is full.

local stream = KEYS[1]
local group, consumer, id, deliveries = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local idle_us, delay_us = tonumber(ARGV[5]), tonumber(ARGV[6])

local NOBODY = ':waiting'

-- The delivery is ours while consumer and count are: whoever claimed the message since has raised the count.
local found = redis.pcall('XPENDING', stream, group, id, id, 1, consumer)
if found.err and not string.find(found.err, 'NOGROUP', 1, true) then
  return found
end
if not found[1] or found[1][4] ~= deliveries then
  return { 'lost' }
end
-- XCLAIM drops a message that was trimmed from the list of pending ones; it stays there for a claim to record it.
if #redis.call('XRANGE', stream, id, id) > 0 then
  local lain_ms = string.format('%.0f', math.ceil(idle_us / 1000) - math.floor(delay_us / 1000))
  redis.call('XCLAIM', stream, group, NOBODY, 0, id, 'IDLE', lain_ms, 'RETRYCOUNT', deliveries, 'JUSTID')
end
return { 'released' }
