-- cache_fill: store what the holder of the lease has loaded.
--
-- KEYS[1]  entry  cache:{<key>}
-- KEYS[2]  lease  cache:{<key>}:lease
-- ARGV[1]  token  string
-- ARGV[2]  value  bytes
-- ARGV[3]  ttl    integer, us
-- ARGV[4]  grace  integer, us
-- ARGV[-1] now    integer, us
--
-- stored
-- lost
-- older
--
-- lost: the lease was voided by a delete or taken over, so what was loaded may be old and is not cached. older: the
-- source version in the header is lower than the stored one. The script stamps `fresh until` into the header.

local entry, lease = KEYS[1], KEYS[2]
local token, value, ttl_us, grace_us = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local kind, holder = string.match(redis.call('GET', lease) or '', '^(%u) %d+ %d+ (.*)$')
if kind ~= 'L' or holder ~= token then
  return { 'lost' }
end
local stored = redis.call('GETRANGE', entry, 0, 31)
if string.sub(stored, 1, 3) == 'RP\1' and #stored == 32 then
  -- In halves: 64 bits do not fit a number, and strings are compared by the server's locale.
  local high, low = struct.unpack('>I4I4', string.sub(stored, 9, 16))
  local new_high, new_low = struct.unpack('>I4I4', string.sub(value, 9, 16))
  if high > new_high or (high == new_high and low > new_low) then
    redis.call('DEL', lease)
    return { 'older' }
  end
end

local fresh_us = now_us + ttl_us
redis.call(
  'SET', entry, string.sub(value, 1, 24) .. struct.pack('>I8', fresh_us) .. string.sub(value, 33),
  'PXAT', string.format('%.0f', math.ceil((fresh_us + grace_us) / 1000) + 1)
)
redis.call('DEL', lease)
return { 'stored' }
