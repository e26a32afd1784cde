-- stream_ack: end a delivery that is still ours.
--
-- KEYS[1]  stream      stream:{<name>}
-- ARGV[1]  group       string
-- ARGV[2]  consumer    string
-- ARGV[3]  id          string
-- ARGV[4]  deliveries  integer, count
-- ARGV[-1] now         integer, us
--
-- acked
-- lost
--
-- lost: somebody else has the message by now, or the group is gone. A bare XACK would end the other's delivery.
-- Works when the server's memory is full.

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
redis.call('XACK', stream, group, id)
return { 'acked' }
