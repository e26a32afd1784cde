-- cache_delete: forget an entry and void every load that is under way.
--
-- KEYS[1]  entry      cache:{<key>}
-- KEYS[2]  lease      cache:{<key>}:lease
-- ARGV[1]  holdoff    integer, us
-- ARGV[2]  tombstone  bytes
-- ARGV[3]  keep       integer, us
-- ARGV[-1] now        integer, us
--
-- deleted  entries
-- older
--
-- Call it after the source has committed. holdoff > 0: loads that begin within it are returned but not cached, for
-- sources that are read from a lagging replica; a longer one that is under way stays. tombstone: empty, or a header
-- alone, whose version outlives the entry for `keep`, so that what is older cannot come back; older: the entry is newer
-- than this delete, and nothing happens. Begins with UNLINK, so it works when the server's memory is full.

local entry, lease = KEYS[1], KEYS[2]
local holdoff_us, tombstone, keep_us = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local stored = redis.call('GETRANGE', entry, 0, 31)
local is_ours = string.sub(stored, 1, 3) == 'RP\1' and #stored == 32
if is_ours and tombstone ~= '' then
  -- In halves: 64 bits do not fit a number, and strings are compared by the server's locale.
  local high, low = struct.unpack('>I4I4', string.sub(stored, 9, 16))
  local new_high, new_low = struct.unpack('>I4I4', string.sub(tombstone, 9, 16))
  if high > new_high or (high == new_high and low > new_low) then
    return { 'older' }
  end
end
local until_us = now_us + holdoff_us
local kind, held_until_us, gave_us = string.match(redis.call('GET', lease) or '', '^(%u) (%d+) (%d+) ')
if kind == 'H' then
  until_us = math.max(until_us, math.min(tonumber(held_until_us), now_us + tonumber(gave_us)))
end

local entries = redis.call('UNLINK', entry)
if is_ours and string.byte(stored, 4) % 8 >= 4 then
  entries = 0
end
redis.call('DEL', lease)
if tombstone ~= '' then
  redis.call('SET', entry, tombstone, 'PXAT', string.format('%.0f', math.ceil((now_us + keep_us) / 1000) + 1))
end
if until_us > now_us then
  redis.call(
    'SET', lease, string.format('H %.0f %.0f ', until_us, until_us - now_us),
    'PXAT', string.format('%.0f', math.ceil(until_us / 1000) + 1)
  )
end
return { 'deleted', entries }
