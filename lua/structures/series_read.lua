-- series_read: the newest points, or what they come to in each step of time.
--
-- KEYS[1]  series  series:{<name>}
-- ARGV[1]  span    integer, us
-- ARGV[2]  step    integer, us
-- ARGV[3]  count   integer, count
-- ARGV[-1] now     integer, us
--
-- points  at_us value...
-- steps   begins_us points sum least most...
--
-- Points of the last `span`, oldest first. step = 0: the newest `count` of them. Else: the newest `count` steps that
-- hold a point; a step begins at a multiple of `step` since 1970.

local series = KEYS[1]
local span_us, step_us, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local since = '(' .. string.format('%.0f', now_us - span_us)
local found
if step_us == 0 then
  found = redis.call('ZREVRANGEBYSCORE', series, '+inf', since, 'LIMIT', 0, count)
else
  found = redis.call('ZREVRANGEBYSCORE', series, '+inf', since)
end

local newest_first = {}
for _, member in ipairs(found) do
  local at, value = string.match(member, '^(%d+):(.*)$')
  if step_us == 0 then
    newest_first[#newest_first + 1] = { at, tonumber(value) }
  else
    value = tonumber(value)
    local begins_us = math.floor(tonumber(at) / step_us) * step_us
    local last = newest_first[#newest_first]
    if last and last.begins_us == begins_us then
      last[2], last[3] = last[2] + 1, last[3] + value
      last[4], last[5] = math.min(last[4], value), math.max(last[5], value)
    elseif #newest_first == count then
      break
    else
      newest_first[#newest_first + 1] = {
        string.format('%.0f', begins_us), 1, value, value, value, begins_us = begins_us,
      }
    end
  end
end

local reply = { step_us == 0 and 'points' or 'steps' }
for i = #newest_first, 1, -1 do
  for _, word in ipairs(newest_first[i]) do
    reply[#reply + 1] = word
  end
end
return reply
