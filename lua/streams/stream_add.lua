-- stream_add: append a message; a repeat with the same request id gets the id of the first.
--
-- KEYS[1]  stream   stream:{<name>}
-- KEYS[2]  request  stream:{<name>}:request:<request>  optional
-- ARGV[1]  length   integer, count
-- ARGV[2]  keep     integer, us
-- ARGV[3]  replay   integer, us
-- ARGV[4]  fields   field, value  repeated
-- ARGV[-1] now      integer, us
--
-- added      id
-- duplicate  id
--
-- Before it returns, the stream is cut to about `length` messages and to those younger than `keep`; 0: not. Cutting
-- asks nobody: what was not read or acknowledged by then is gone, so both bounds are to be far beyond any backlog.

local stream, request = KEYS[1], KEYS[2]
local length, keep_us, replay_us = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local function at_ms(us)
  return string.format('%.0f', math.ceil(us / 1000) + 1)
end

-- The server makes the id; in virtual time, for tests, it is made here (`<ms>-*` needs Redis 7).
local function next_id(key)
  if ARGV[#ARGV] == '0' then
    return '*'
  end
  local ms, number = string.format('%.0f', math.floor(now_us / 1000)), 0
  local facts = redis.pcall('XINFO', 'STREAM', key) -- an error, thus without facts, where there is none yet
  for at = 1, #facts, 2 do
    local last_ms, last = string.match(facts[at] == 'last-generated-id' and facts[at + 1] or '', '^(%d+)-(%d+)$')
    if last_ms == ms then
      number = tonumber(last) + 1
    end
  end
  return string.format('%s-%.0f', ms, number)
end

if request then
  local first = redis.call('GET', request)
  if first then
    return { 'duplicate', first }
  end
end

local id
if length > 0 then
  id = redis.call('XADD', stream, 'MAXLEN', '~', ARGV[1], next_id(stream), unpack(ARGV, 4, #ARGV - 1))
else
  id = redis.call('XADD', stream, next_id(stream), unpack(ARGV, 4, #ARGV - 1))
end
if keep_us > 0 then
  redis.call('XTRIM', stream, 'MINID', '~', string.format('%.0f', math.floor((now_us - keep_us) / 1000)))
end
if request then
  redis.call('SET', request, id, 'PXAT', at_ms(now_us + replay_us))
end
return { 'added', id }
