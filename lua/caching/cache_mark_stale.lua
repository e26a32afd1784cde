-- cache_mark_stale: end an entry's freshness now, and void every load that is under way.
--
-- KEYS[1]  entry    cache:{<key>}
-- KEYS[2]  lease    cache:{<key>}:lease
-- ARGV[1]  holdoff  integer, us
-- ARGV[-1] now      integer, us
--
-- marked  entries
--
-- The soft form of a delete: the entry stays for its grace, which begins now, to be served while somebody loads. One
-- that has no grace goes. entries: how many were fresh. Begins with DEL, so it works when the server's memory is full.

local entry, lease = KEYS[1], KEYS[2]
local holdoff_us = tonumber(ARGV[1])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local stored = redis.call('GETRANGE', entry, 0, 31)
local entries, flags, grace_ms = 0, 0, 0
if string.sub(stored, 1, 3) == 'RP\1' and #stored == 32 then
  flags, grace_ms = string.byte(stored, 4), struct.unpack('>I4', string.sub(stored, 17, 20))
  if flags % 8 < 2 and struct.unpack('>I8', string.sub(stored, 25, 32)) > now_us then
    entries = 1
  end
end
local until_us = now_us + holdoff_us
local kind, held_until_us, gave_us = string.match(redis.call('GET', lease) or '', '^(%u) (%d+) (%d+) ')
if kind == 'H' then
  until_us = math.max(until_us, math.min(tonumber(held_until_us), now_us + tonumber(gave_us)))
end

redis.call('DEL', lease)
if entries == 1 and grace_ms == 0 then
  redis.call('UNLINK', entry)
elseif entries == 1 then
  redis.call('PEXPIREAT', entry, string.format('%.0f', math.ceil(now_us / 1000 + grace_ms) + 1))
  redis.call('SETRANGE', entry, 3, string.char(flags + 2))
  redis.call('SETRANGE', entry, 24, struct.pack('>I8', now_us))
end
if until_us > now_us then
  redis.call(
    'SET', lease, string.format('H %.0f %.0f ', until_us, until_us - now_us),
    'PXAT', string.format('%.0f', math.ceil(until_us / 1000) + 1)
  )
end
return { 'marked', entries }
