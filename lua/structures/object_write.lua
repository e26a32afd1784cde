-- object_write: change fields of an object, if it is at the version that the caller has seen.
--
-- KEYS[1]  object   object:{<name>}
-- ARGV[1]  seen     string
-- ARGV[2]  ttl      integer, us
-- ARGV[3]  most     integer, count
-- ARGV[4]  sets     integer, count
-- ARGV[5]  field    name, value  repeated
-- ARGV[6]  gone     string  repeated
-- ARGV[-1] now      integer, us
--
-- written   version
-- conflict  version
-- missing
-- full      fields
--
-- seen: the version read before, `0` for an object that must not exist yet, empty for any. Other fields stay as they
-- are. The version is max(stored + 1, now in us): it grows although the object was deleted or lost in between, so a
-- version seen once never comes back. The object ends `ttl` after its last change. Only `written` writes. No name may
-- stand twice, and none begins with `@`.

local object = KEYS[1]
local seen, ttl_us, most, sets = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local known = redis.call('HMGET', object, '@version', '@ends_us')
local version = known[1] and tonumber(known[2]) > now_us and known[1]
if seen ~= '' and seen ~= (version or '0') then
  if version then
    return { 'conflict', version }
  end
  return { 'missing' }
end

local fields, first_gone = version and redis.call('HLEN', object) - 2 or 0, 5 + 2 * sets
for i = 5, first_gone - 1, 2 do
  fields = fields + (version and redis.call('HEXISTS', object, ARGV[i]) == 1 and 0 or 1)
end
for i = first_gone, #ARGV - 1 do
  fields = fields - (version and redis.call('HEXISTS', object, ARGV[i]) or 0)
end
if fields > most then
  return { 'full', fields }
end

local ends_us = now_us + ttl_us
-- The version of an object whose time is over still counts: its key may be there for some milliseconds.
local next_version = math.max(tonumber(known[1] or 0) + 1, now_us)
if next_version >= 9007199254740992 then
  return redis.error_reply('WRONGTYPE the version of the object is not one that object_write gave')
end
next_version = string.format('%.0f', next_version)
redis.call('HSET', object, '@version', next_version)
if known[1] and not version then
  redis.call('DEL', object)
end
redis.call('HSET', object, '@version', next_version, '@ends_us', string.format('%.0f', ends_us))
for i = 5, first_gone - 1, 2 do
  redis.call('HSET', object, ARGV[i], ARGV[i + 1])
end
for i = first_gone, #ARGV - 1 do
  redis.call('HDEL', object, ARGV[i])
end
redis.call('PEXPIREAT', object, string.format('%.0f', math.ceil(ends_us / 1000) + 1))
return { 'written', next_version }
