-- object_read: the object with its version, as it stood at one moment.
--
-- KEYS[1]  object  object:{<name>}
-- ARGV[-1] now     integer, us
--
-- found    version ends_in_us name value...
-- missing

local object = KEYS[1]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local fields, version, ends_us = { 'found', '', 0 }, nil, 0
local flat = redis.call('HGETALL', object)
for i = 1, #flat, 2 do
  if flat[i] == '@version' then
    version = flat[i + 1]
  elseif flat[i] == '@ends_us' then
    ends_us = tonumber(flat[i + 1])
  else
    fields[#fields + 1] = flat[i]
    fields[#fields + 1] = flat[i + 1]
  end
end
if not version or ends_us <= now_us then
  return { 'missing' }
end
fields[2], fields[3] = version, ends_us - now_us
return fields
