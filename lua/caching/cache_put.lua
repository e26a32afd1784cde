-- cache_put: store what was written to the source, and void every load that is under way.
--
-- KEYS[1]  entry  cache:{<key>}
-- KEYS[2]  lease  cache:{<key>}:lease
-- ARGV[1]  value  bytes
-- ARGV[2]  ttl    integer, us
-- ARGV[3]  grace  integer, us
-- ARGV[-1] now    integer, us
--
-- stored
-- older
--
-- Call it after the source has committed. older: the stored version is higher than the one in the header: nothing
-- happens, so that of several writers the newest wins in whatever order they arrive. A hold-off under way stays.
-- Begins with SET, so it is refused whole when the server's memory is full. Stamps `fresh until` into the header.

local entry, lease = KEYS[1], KEYS[2]
local value, ttl_us, grace_us = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local stored = redis.call('GETRANGE', entry, 0, 31)
if string.sub(stored, 1, 3) == 'RP\1' and #stored == 32 then
  -- In halves: 64 bits do not fit a number, and strings are compared by the server's locale.
  local high, low = struct.unpack('>I4I4', string.sub(stored, 9, 16))
  local new_high, new_low = struct.unpack('>I4I4', string.sub(value, 9, 16))
  if high > new_high or (high == new_high and low > new_low) then
    return { 'older' }
  end
end
local kind, until_us = string.match(redis.call('GET', lease) or '', '^(%u) (%d+) ')

local fresh_us = now_us + ttl_us
redis.call(
  'SET', entry, string.sub(value, 1, 24) .. struct.pack('>I8', fresh_us) .. string.sub(value, 33),
  'PXAT', string.format('%.0f', math.ceil((fresh_us + grace_us) / 1000) + 1)
)
if kind ~= 'H' or tonumber(until_us) <= now_us then
  redis.call('DEL', lease)
end
return { 'stored' }
