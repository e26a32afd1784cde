-- log_append: write an event at the end of a log.
--
-- KEYS[1]  log      log:{<name>}
-- ARGV[1]  kind     string
-- ARGV[2]  payload  bytes
-- ARGV[3]  keep     integer, us
-- ARGV[4]  most     integer, count
-- ARGV[-1] now      integer, us
--
-- appended  id events
--
-- The id is the time in ms, `-`, a number; it is larger than every id before it, also when the clock was set back or
-- events were deleted. A stream whose ids are no times is WRONGTYPE and stays. Events older than `keep` leave, and the
-- oldest beyond `most`; the log ends when its last event is that old. Reading needs no script: XRANGE is atomic.

local log = KEYS[1]
local kind, payload, keep_us, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local ms, number = math.floor(now_us / 1000), 0
local EXACT = 9007199254740992
local about = redis.call('EXISTS', log) == 1 and redis.call('XINFO', 'STREAM', log) or {}
for i = 1, #about, 2 do
  if about[i] == 'last-generated-id' then
    local last_ms, last_number = string.match(about[i + 1], '^(%d+)-(%d+)$')
    last_ms, last_number = tonumber(last_ms), tonumber(last_number)
    if last_ms >= EXACT / 2 then
      return redis.error_reply('WRONGTYPE the ids of the stream are no times')
    elseif last_number >= EXACT - 1 then
      ms = math.max(ms, last_ms + 1)
    elseif last_ms >= ms then
      ms, number = last_ms, last_number + 1
    end
    break
  end
end
local id = string.format('%.0f-%.0f', ms, number)
redis.call('XADD', log, 'MAXLEN', '=', string.format('%.0f', most), id, 'kind', kind, 'payload', payload)
redis.call('XTRIM', log, 'MINID', '=', string.format('%.0f', ms - math.floor(keep_us / 1000)))
redis.call('PEXPIREAT', log, string.format('%.0f', ms + math.ceil(keep_us / 1000) + 2))
return { 'appended', id, redis.call('XLEN', log) }
