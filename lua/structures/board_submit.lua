-- board_submit: give a player a score, in every window of the board at once.
--
-- KEYS[1]  scores  board:{<name>}:scores:<window>  repeated
-- KEYS[2]  ids     board:{<name>}:ids:<window>  repeated
-- ARGV[1]  id      string
-- ARGV[2]  score   integer, count
-- ARGV[3]  mode    set | add | best
-- ARGV[4]  order   high | low
-- ARGV[5]  most    integer, count
-- ARGV[6]  ttl     integer, us
-- ARGV[7]  zone    integer, us
-- ARGV[8]  window  all | hour | day | week | month  repeated
-- ARGV[-1] now     integer, us
--
-- submitted  score rank score_before rank_before...
-- refused
--
-- The window `all` has one pair of keys; the others have two, which take turns: the period that runs and the one before
-- it. `zone` is added to the clock before periods are told apart. A clock that is set back by up to two periods
-- brings none back: the latest goes on. What lies further ahead is of a clock that was wrong, and goes. Of equal
-- scores the one reached first stands first: a member is 2^53 - 1 - (time in us), 16 digits, `:`, the id, and the
-- time never repeats on a board. A score of another order is stored with its sign turned. Beyond `most` players the
-- last ones leave: their rank is 0. A rank before of 0: was not on the board. refused: a sum would leave the numbers
-- that are exact; nothing is written.

local id, score, mode = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local sign = ARGV[4] == 'low' and -1 or 1
local most, ttl_us, zone_us = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local DAY_US, LARGEST, LAST_STAMP, AHEAD = 86400000000, 4503599627370496, 9007199254740991, 2

local function at_ms(us)
  return string.format('%.0f', math.ceil(us / 1000) + 1)
end

-- The day on which a month begins; days and months count from 1970-01 and from year 0 (H. Hinnant, days_from_civil).
local function first_day(month)
  local m = (month + 10) % 12
  local y = math.floor(month / 12) - (m >= 10 and 1 or 0)
  local era = math.floor(y / 400)
  local year = y - era * 400
  local day = math.floor((153 * m + 2) / 5)
  return era * 146097 + year * 365 + math.floor(year / 4) - math.floor(year / 100) + day - 719468
end

-- How long a period is, and by how much it is moved: 1970-01-01 was a Thursday, weeks begin on Monday.
local function span(window)
  local length = window == 'hour' and 3600000000 or window == 'day' and DAY_US or 7 * DAY_US
  return length, window == 'week' and 3 * DAY_US or 0
end

-- The number of the period that runs.
local function period(window)
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
  local length, shift = span(window)
  return math.floor((local_us + shift) / length)
end

-- When the period after this one ends.
local function ends(window, number)
  if window == 'month' then
    return first_day(number + 2) * DAY_US - zone_us
  end
  local length, shift = span(window)
  return (number + 2) * length - shift - zone_us
end

local places, key = {}, 1
for i = 8, #ARGV - 1 do
  local window, at = ARGV[i], key
  local number, ends_us, wrong = 0, now_us + ttl_us, {}
  if window ~= 'all' then
    local own = period(window)
    number = own
    for slot = key, key + 2, 2 do
      local known = tonumber(redis.call('HGET', KEYS[slot + 1], 'period')) or 0
      if known > own + AHEAD then
        redis.call('ZCARD', KEYS[slot]) -- fails as below
        wrong[#wrong + 1] = slot
      else
        number = math.max(number, known)
      end
    end
    ends_us, at = ends(window, number), key + 2 * (number % 2)
  end
  key = key + (window == 'all' and 2 or 4)
  local scores, ids = KEYS[at], KEYS[at + 1]
  local known = redis.call('HMGET', ids, 'period', 'last_us', 'id:' .. id, 'ends_us')
  redis.call('ZCARD', scores) -- fails on a key of another type, before anything is written
  local place = { scores = scores, ids = ids, number = string.format('%.0f', number), ends_us = ends_us, rank = 0 }
  place.wrong = wrong
  place.begins = known[1] ~= place.number or tonumber(known[4]) <= now_us
  place.stamp = now_us
  if not place.begins then
    place.stamp = math.max(now_us, tonumber(known[2]) + 1)
    place.member = known[3] and known[3] .. ':' .. id
    place.before = place.member and redis.call('ZSCORE', scores, place.member)
    if place.before then
      place.rank = redis.call('ZREVRANK', scores, place.member) + 1
    end
  end
  local before = tonumber(place.before or 0)
  place.score = mode == 'add' and before + sign * score or sign * score
  if math.abs(place.score) > LARGEST then
    return { 'refused' }
  end
  place.moves = not place.before or place.score ~= before
  if mode == 'best' and place.before and place.score <= before then
    place.moves, place.score = false, before
  end
  place.was = sign * before
  places[#places + 1] = place
end

local reply = { 'submitted' }
for _, place in ipairs(places) do
  local scores, ids = place.scores, place.ids
  -- A write that needs memory comes first, so that a full server refuses the whole call.
  redis.call('HSET', ids, 'period', place.number)
  if place.begins then
    redis.call('UNLINK', ids, scores)
  end
  for _, slot in ipairs(place.wrong) do
    redis.call('UNLINK', KEYS[slot], KEYS[slot + 1])
  end
  redis.call('HSET', ids, 'period', place.number, 'ends_us', string.format('%.0f', place.ends_us))
  local rank = place.rank
  if place.moves then
    if place.member then
      redis.call('ZREM', scores, place.member)
    end
    local stamp = string.format('%016.0f', LAST_STAMP - place.stamp)
    redis.call('HSET', ids, 'last_us', string.format('%.0f', place.stamp), 'id:' .. id, stamp)
    local member = stamp .. ':' .. id
    redis.call('ZADD', scores, string.format('%.0f', place.score), member)
    local surplus = math.min(redis.call('ZCARD', scores) - most, 100)
    if surplus > 0 then
      for _, last in ipairs(redis.call('ZRANGE', scores, 0, surplus - 1)) do
        redis.call('HDEL', ids, 'id:' .. string.sub(last, 18))
        redis.call('ZREM', scores, last)
      end
    end
    rank = (redis.call('ZREVRANK', scores, member) or -1) + 1
  end
  redis.call('PEXPIREAT', scores, at_ms(place.ends_us))
  redis.call('PEXPIREAT', ids, at_ms(place.ends_us))
  reply[#reply + 1] = sign * place.score
  reply[#reply + 1] = rank
  reply[#reply + 1] = place.was
  reply[#reply + 1] = place.rank
end
return reply
