-- stream_renew: keep a delivery that is still ours from being claimed.
--
-- KEYS[1]  stream      stream:{<name>}
-- ARGV[1]  group       string
-- ARGV[2]  consumer    string
-- ARGV[3]  id          string
-- ARGV[4]  deliveries  integer, count
-- ARGV[-1] now         integer, us
--
-- renewed
-- lost
--
-- A bare XCLAIM would steal the message back from whoever claimed it. Works when the server's memory is full.

local stream = KEYS[1]
local group, consumer, id, deliveries = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

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
  redis.call('XCLAIM', stream, group, consumer, 0, id, 'JUSTID')
end
return { 'renewed' }
