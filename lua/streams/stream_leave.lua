-- stream_leave: give back all that a consumer still has, and its seat.
--
-- KEYS[1]  stream    stream:{<name>}
-- ARGV[1]  group     string
-- ARGV[2]  consumer  string
-- ARGV[3]  idle      integer, us
-- ARGV[-1] now       integer, us
--
-- left  released
-- more  released
--
-- Others can claim it at once, and the delivery does not count as a try: so the same count comes again, and the
-- consumer must not. Its life ends here; what it still sends, this too, then means nothing of its successor's. more:
-- there is more than one call gives back. The seat goes only when nothing is pending on it: XGROUP DELCONSUMER would
-- lose that. Works when memory is full.

local stream = KEYS[1]
local group, consumer, idle_us = ARGV[1], ARGV[2], tonumber(ARGV[3])

local NOBODY, PAGE = ':waiting', 100

local found = redis.pcall('XPENDING', stream, group, '-', '+', PAGE, consumer)
if found.err then
  if string.find(found.err, 'NOGROUP', 1, true) then
    return { 'left', 0 }
  end
  return found
end
local released = 0
local lain_ms = string.format('%.0f', math.ceil(idle_us / 1000))
while #found > 0 and released < PAGE do
  for _, state in ipairs(found) do
    -- XCLAIM drops a message that was trimmed from the list of pending ones; it stays there for a claim to record it.
    if released < PAGE and #redis.call('XRANGE', stream, state[1], state[1]) > 0 then
      redis.call(
        'XCLAIM', stream, group, NOBODY, 0, state[1], 'IDLE', lain_ms, 'RETRYCOUNT', state[4] - 1, 'JUSTID'
      )
      released = released + 1
    end
  end
  -- Behind trimmed ones may stand some that live.
  found = redis.call('XPENDING', stream, group, '(' .. found[#found][1], '+', PAGE, consumer)
end
if released == PAGE then
  return { 'more', released }
end
if #redis.call('XPENDING', stream, group, '-', '+', 1, consumer) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
end
return { 'left', released }
