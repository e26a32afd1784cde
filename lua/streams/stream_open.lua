-- stream_open: make the group where it is not there, and a seat in it; forget seats that stood empty for a day.
--
-- KEYS[1]  stream    stream:{<name>}
-- ARGV[1]  group     string
-- ARGV[2]  consumer  string
-- ARGV[3]  start     string
-- ARGV[-1] now       integer, us
--
-- created
-- exists  former...
--
-- start: `0` reads what the stream holds, `$` only what comes, or the id after which to read. It counts only where the
-- group is made. A consumer is `<name>:<life>`, with a life that nobody else has: so what a dead process still sends
-- never means a delivery of its successor. former: other lives of the name, or the bare name, with something pending;
-- their empty seats go at once. A seat goes only while nothing is pending on it: removing it otherwise would lose that.

local stream = KEYS[1]
local group, consumer, start = ARGV[1], ARGV[2], ARGV[3]

local LONG_MS = 86400000
local LIFE = '^:[0-9A-Za-z_-]+$' -- what we name; a seat of another client is not ours

local function named(flat)
  local values = {}
  for at = 1, #flat, 2 do
    values[flat[at]] = flat[at + 1]
  end
  return values
end

local kind = redis.call('TYPE', stream).ok
local status = 'created'
if kind ~= 'none' then
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    if named(flat).name == group then
      status = 'exists'
    end
  end
end

if status == 'created' then
  redis.call('XGROUP', 'CREATE', stream, group, start, 'MKSTREAM')
end
local reply, seated = { status }, false
local name = string.match(consumer, '^(.+):')
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  local other = named(flat)
  local former = name
    and (other.name == name or string.sub(other.name, 1, #name) == name and string.match(other.name, LIFE, #name + 1))
  if other.name == consumer then
    seated = true
  elseif other.pending == 0 and (former or other.idle > LONG_MS) then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, other.name)
  elseif former then
    reply[#reply + 1] = other.name
  end
end
if not seated then
  redis.call('XGROUP', 'CREATECONSUMER', stream, group, consumer)
end
return reply
