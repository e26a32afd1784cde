-- cache_acquire: read a cached entry, or win the right to load it.
--
-- KEYS[1]  entry  cache:{<key>}
-- KEYS[2]  lease  cache:{<key>}:lease
-- ARGV[1]  token  string
-- ARGV[2]  ttl    integer, us
-- ARGV[3]  early  integer, us
-- ARGV[4]  dead   integer, us
-- ARGV[-1] now    integer, us
--
-- hit      entry
-- win      entry?
-- busy     retry_after_us entry?
-- failed   retry_after_us entry?
-- holdoff  entry?
--
-- Freshness is judged here, again, in the step that grants the lease: a reader that judged by itself and then asked
-- would load twice. An entry that comes with a status other than `hit` is stale, or will be before `early` has passed.
-- failed: the last loader failed, and the whole fleet waits before it asks the source again. holdoff: load, but do not
-- fill (the source may still lag). dead: the `fresh until` of the entry that the reader refused because a tag of it
-- was invalidated, which cannot be seen here: tags lie in other slots; 0 for none. A lease that has longer to go than
-- it was given for is of a clock that was set back since: it lasts from now on.

local entry, lease = KEYS[1], KEYS[2]
local token, ttl_us, early_us, dead_us = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local function with_entry(reply, stale)
  if stale then
    reply[#reply + 1] = stale
  end
  return reply
end

-- Layout 1, 32 bytes: 'RP', version, flags (1 negative, 2 stale, 4 tombstone), codec, compressor, length of tags (2),
-- source version (8), grace ms (4), load ms (4), fresh until us (8); numbers big-endian.
local stored = redis.call('GET', entry)
if stored then
  if string.sub(stored, 1, 3) ~= 'RP\1' or #stored < 32 then
    stored = false -- another layout: a miss, never an error
  else
    local flags = string.byte(stored, 4)
    if flags % 8 >= 4 then
      stored = false -- what is left of a delete: a version, and no value
    elseif flags % 4 < 2 then
      local fresh_us = struct.unpack('>I8', string.sub(stored, 25, 32))
      if fresh_us > now_us + early_us and fresh_us ~= dead_us then
        return { 'hit', stored }
      end
    end
  end
end

local kind, until_us, gave_us, holder = string.match(redis.call('GET', lease) or '', '^(%u) (%d+) (%d+) (.*)$')
until_us = tonumber(until_us or 0)
if until_us > now_us then
  if until_us - now_us > tonumber(gave_us) then
    until_us = now_us + tonumber(gave_us)
    local expires_ms = string.format('%.0f', math.ceil(until_us / 1000) + 1)
    redis.call('PEXPIREAT', lease, expires_ms)
    redis.call('SET', lease, string.format('%s %.0f %s %s', kind, until_us, gave_us, holder), 'PXAT', expires_ms)
  end
  if kind == 'L' then
    return with_entry({ 'busy', until_us - now_us }, stored)
  elseif kind == 'F' then
    return with_entry({ 'failed', until_us - now_us }, stored)
  elseif kind == 'H' then
    return with_entry({ 'holdoff' }, stored)
  end
end

until_us = now_us + ttl_us
redis.call(
  'SET', lease, string.format('L %.0f %.0f %s', until_us, ttl_us, token),
  'PXAT', string.format('%.0f', math.ceil(until_us / 1000) + 1)
)
return with_entry({ 'win' }, stored)
