-- stream_claim: take over what others left idle, or what is ours and was never seen; bury what was tried too often.
--
-- KEYS[1]  stream    stream:{<name>}
-- KEYS[2]  dead      stream:{<name>}:dead
-- ARGV[1]  group     string
-- ARGV[2]  consumer  string
-- ARGV[3]  whose     anyone | own
-- ARGV[4]  of        string
-- ARGV[5]  cursor    string
-- ARGV[6]  idle      integer, us
-- ARGV[7]  count     integer, count
-- ARGV[8]  tries     integer, count
-- ARGV[9]  length    integer, count
-- ARGV[10] held      string  repeated
-- ARGV[-1] now       integer, us
--
-- claimed  cursor buried trimmed message...
-- nogroup
--
-- A message is `id deliveries [field value ...]`. The cursor of an answer belongs into the next call, from `0-0` back
-- to `0-0`: an empty page in between says nothing. `anyone` takes what lay idle for that long; `own` what the consumer
-- `of` has, however fresh: this one itself, which never saw it because a connection ended, or a former life of it. What
-- is `held` is being worked on: it is left, and lies as long as before. A message that was delivered `tries` times is
-- buried instead, and one that was trimmed away is recorded there too. Idle times are the server's own, also in virtual
-- time. The first write needs no memory.

local stream, dead = KEYS[1], KEYS[2]
local group, consumer, whose, of, cursor = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local idle_ms, count, tries, length = math.ceil(tonumber(ARGV[6]) / 1000), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local KEEP_DEAD_US, MOST_WORDS = 7776000000000, 2000

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

local held, holds = {}, #ARGV - 10
for at = 10, #ARGV - 1 do
  held[ARGV[at]] = true
end

local kind = redis.call('TYPE', dead).ok
if kind ~= 'none' and kind ~= 'stream' then
  return redis.error_reply('WRONGTYPE the key of the dead letters holds another kind of value')
end

local buried, trimmed = 0, 0
local function bury(id, deliveries, reason, fields)
  local record = { 'id', id, 'group', group, 'consumer', consumer, 'deliveries', string.format('%.0f', deliveries) }
  for _, word in ipairs({ 'reason', reason, 'error', '' }) do
    record[#record + 1] = word
  end
  for at = 1, math.min(#fields, MOST_WORDS), 2 do
    record[#record + 1] = 'f.' .. fields[at]
    record[#record + 1] = fields[at + 1]
  end
  -- First what needs no memory: a server whose memory is full then lets the rest of the script go on.
  redis.call('PEXPIREAT', dead, at_ms(now_us + KEEP_DEAD_US))
  redis.call('XADD', dead, 'MAXLEN', '~', length, next_id(dead), unpack(record))
  redis.call('PEXPIREAT', dead, at_ms(now_us + KEEP_DEAD_US))
  redis.call('XACK', stream, group, id)
end

local states, following
if whose == 'own' then
  -- A page that holds `count` beside all that is held, so that each gets further.
  states = redis.pcall('XPENDING', stream, group, cursor, '+', count + holds, of)
  if not states.err then
    local found = states
    states = {}
    for _, state in ipairs(found) do
      if not held[state[1]] and #states < count then
        states[#states + 1] = state
      end
    end
    following = states[count] and '(' .. states[count][1] or '0-0'
  end
else
  states = redis.pcall('XAUTOCLAIM', stream, group, consumer, idle_ms, cursor, 'COUNT', count, 'JUSTID')
  if not states.err then
    local taken = states
    following, states = taken[1], {}
    for _, id in ipairs(taken[2]) do
      states[#states + 1] = redis.call('XPENDING', stream, group, id, id, 1)[1]
    end
    for _, id in ipairs(taken[3] or {}) do
      trimmed = trimmed + 1
      bury(id, 0, 'trimmed', {})
    end
  end
end
if states.err then
  if string.find(states.err, 'NOGROUP', 1, true) then
    return { 'nogroup' }
  end
  return states
end

local reply = { 'claimed', following, 0, 0 }
for _, state in ipairs(states) do
  local id, deliveries = state[1], state[4]
  if held[id] then
    redis.call('XCLAIM', stream, group, consumer, 0, id, 'IDLE', idle_ms, 'JUSTID')
  else
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if not entry then
      trimmed = trimmed + 1
      bury(id, 0, 'trimmed', {})
    elseif deliveries >= tries then
      buried = buried + 1
      bury(id, deliveries, 'max_deliveries', entry[2])
    else
      redis.call('XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', deliveries + 1, 'JUSTID')
      reply[#reply + 1] = { id, deliveries + 1, entry[2] }
    end
  end
end
reply[3], reply[4] = buried, trimmed
return reply
