-- stream_lag: how much of the stream a group has not read, counted.
--
-- KEYS[1]  stream  stream:{<name>}
-- ARGV[1]  group   string
-- ARGV[2]  most    integer, count
-- ARGV[-1] now     integer, us
--
-- exact     unread pending age_us
-- at_least  unread pending age_us
-- unknown
--
-- Counted, because the server's own number is missing before Redis 7, and wrong or null there after a trim or a
-- deletion. at_least: there is more than `most`. age_us: how long the oldest unread message has been in the stream, by
-- the clock in its id. unknown: there is no such group.

local stream = KEYS[1]
local group, most = ARGV[1], tonumber(ARGV[2])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local PAGE = 100

local summary = redis.pcall('XPENDING', stream, group)
if summary.err then
  if string.find(summary.err, 'NOGROUP', 1, true) then
    return { 'unknown' }
  end
  return summary
end

local last
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local values = {}
  for at = 1, #flat, 2 do
    values[flat[at]] = flat[at + 1]
  end
  if values.name == group then
    last = values['last-delivered-id']
  end
end

local unread, age_us = 0, 0
while unread <= most do
  local page = redis.call('XRANGE', stream, '(' .. last, '+', 'COUNT', math.min(PAGE, most + 1 - unread))
  if #page == 0 then
    return { 'exact', unread, summary[1], age_us }
  end
  if unread == 0 then
    age_us = math.max(0, now_us - tonumber(string.match(page[1][1], '^%d+')) * 1000)
  end
  unread, last = unread + #page, page[#page][1]
end
return { 'at_least', most, summary[1], age_us }
