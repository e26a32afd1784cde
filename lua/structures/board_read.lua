-- board_read: one page of a board, by rank or around a player.
--
-- KEYS[1]  scores  board:{<name>}:scores:<window>  repeated
-- KEYS[2]  ids     board:{<name>}:ids:<window>  repeated
-- ARGV[1]  order   high | low
-- ARGV[2]  window  all | hour | day | week | month
-- ARGV[3]  which   current | previous
-- ARGV[4]  zone    integer, us
-- ARGV[5]  count   integer, count
-- ARGV[6]  kind    top | around
-- ARGV[7]  from    string
-- ARGV[-1] now     integer, us
--
-- page    players rank id score...
-- absent  players
--
-- top: `count` players from rank `from` on. around: the player `from` in the middle of `count`; at an end of the board
-- the page is moved, not cut. `rank` is that of the first on the page. Keys and periods as in board_submit.

local sign = ARGV[1] == 'low' and -1 or 1
local window, zone_us, count, kind, from = ARGV[2], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local DAY_US, AHEAD = 86400000000, 2

local function first_day(month)
  local m = (month + 10) % 12
  local y = math.floor(month / 12) - (m >= 10 and 1 or 0)
  local era = math.floor(y / 400)
  local year = y - era * 400
  local day = math.floor((153 * m + 2) / 5)
  return era * 146097 + year * 365 + math.floor(year / 4) - math.floor(year / 100) + day - 719468
end

local function period()
  local local_us = now_us + zone_us
  if window == 'month' then
    local day = math.floor(local_us / DAY_US)
    local month = math.floor(day / 30.436875) + 23640
    while first_day(month) > day do
      month = month - 1
    end
    while first_day(month + 1) <= day do
      month = month + 1
    end
    return month
  end
  local shift = window == 'week' and 3 * DAY_US or 0
  local length = window == 'hour' and 3600000000 or window == 'day' and DAY_US or 7 * DAY_US
  return math.floor((local_us + shift) / length)
end

local number, at = 0, 1
if window ~= 'all' then
  local own = period()
  number = own
  for slot = 2, 4, 2 do
    local known = tonumber(redis.call('HGET', KEYS[slot], 'period')) or 0
    number = known <= own + AHEAD and math.max(number, known) or number
  end
  number = number - (ARGV[3] == 'previous' and 1 or 0)
  at = 1 + 2 * (number % 2)
end
local scores, ids = KEYS[at], KEYS[at + 1]
local known = redis.call('HMGET', ids, 'period', 'id:' .. from, 'ends_us')
local there = known[1] == string.format('%.0f', number) and tonumber(known[3]) > now_us
local players = there and redis.call('ZCARD', scores) or 0

local first = kind == 'top' and tonumber(from) - 1 or 0
if kind == 'around' then
  local member = (known[2] or '') .. ':' .. from
  local rank = there and redis.call('ZREVRANK', scores, member)
  if not rank then
    return { 'absent', players }
  end
  first = math.max(0, math.min(rank - math.floor((count - 1) / 2), players - count))
end

local reply = { 'page', players, first + 1 }
if there then
  local page = redis.call(
    'ZREVRANGE', scores, string.format('%.0f', first), string.format('%.0f', first + count - 1), 'WITHSCORES'
  )
  for i = 1, #page, 2 do
    reply[#reply + 1] = string.sub(page[i], 18)
    reply[#reply + 1] = sign * tonumber(page[i + 1])
  end
end
return reply
