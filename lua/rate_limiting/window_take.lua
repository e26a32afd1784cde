-- window_take: charge a cost to every window of a limit, or to none.
--
-- KEYS[1]  window   ratelimit:{<id>}
-- KEYS[2]  request  ratelimit:{<id>}:request:<request>  optional
-- ARGV[1]  mode     take | peek
-- ARGV[2]  cost     integer, units
-- ARGV[3]  replay   integer, us
-- ARGV[4]  tiers    integer, count
-- ARGV[5]  tier     name, kind, limit, length  repeated
-- ARGV[-1] now      integer, us
--
-- allowed     tier retry_after_us remaining reset_after_us...
-- denied      tier retry_after_us remaining reset_after_us...
-- impossible  tier retry_after_us remaining reset_after_us...
-- other_tiers  tiers
--
-- Kinds: `first` begins with the first charge; `aligned` at whole lengths since 1970; `sliding` counts the window
-- before too, by the share of it that still lies within one length, rounded up. A denial writes nothing, unless the
-- server's clock was set back: then it dates the windows anew, or they would last until the old time is reached. A
-- request id makes a repeat answer what the first call answered. other_tiers: the first call was about another number
-- of tiers, this one; nothing is written. `since_us` dates what is counted: a refund must find the one of its charge.

local window, request = KEYS[1], KEYS[2]
local mode, cost, replay_us, tiers = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

if request and mode == 'take' then
  local told = redis.call('GET', request)
  if told then
    local reply = {}
    for word in string.gmatch(string.match(told, '|([^|]*)$'), '%S+') do
      reply[#reply + 1] = tonumber(word) or word
    end
    if #reply ~= 3 + 2 * tiers then
      return { 'other_tiers', (#reply - 3) / 2 }
    end
    return reply
  end
end

-- floor(a * b / c) for whole a, b, c up to 2^45: seven bits of a at a time, so that nothing reaches 2^53.
local function share(a, b, c)
  local place, quotient, rest = 1, 0, 0
  while place * 128 <= a do
    place = place * 128
  end
  while place >= 1 do
    local sum = rest * 128 + math.floor(a / place) % 128 * b
    quotient = quotient * 128 + math.floor(sum / c)
    rest = sum % c
    place = place / 128
  end
  return quotient, rest
end

-- One tier as it stands now: when its window began, what was counted in it and in the one before, what of that counts.
local function count(stored, kind, limit, length_us)
  local begun_us, current, previous = now_us, 0, 0
  if stored then
    local words = string.gmatch(stored, '%d+')
    begun_us, current, previous = tonumber(words()), tonumber(words()), tonumber(words())
    begun_us, current, previous = math.min(begun_us, now_us), math.min(current, limit), math.min(previous, limit)
  end
  if kind == 'aligned' then
    local origin_us = now_us - now_us % length_us
    if begun_us < origin_us then
      current = 0
    end
    return { begun_us = origin_us, current = current, previous = 0, used = current }
  end
  local passed = math.floor((now_us - begun_us) / length_us)
  if passed > 0 then
    previous = passed == 1 and current or 0
    begun_us, current = begun_us + length_us, 0
  end
  if kind == 'first' then
    previous = 0
  end
  if current + previous == 0 then
    begun_us = now_us
  end
  local used = current
  if previous > 0 then
    local whole, rest = share(previous, begun_us + length_us - now_us, length_us)
    used = used + whole + (rest > 0 and 1 or 0)
  end
  return { begun_us = begun_us, current = current, previous = previous, used = used }
end

local fields = { 'until_us' }
for i = 1, tiers do
  fields[i + 1] = 'tier:' .. ARGV[1 + 4 * i]
end
fields[tiers + 2] = 'since_us'
local stored = redis.call('HMGET', window, unpack(fields))

local counts, set_back = {}, false
local status, binding, retry_us = 'allowed', 1, 0
local tightest
for i = 1, tiers do
  local kind, limit, length_us = ARGV[2 + 4 * i], tonumber(ARGV[3 + 4 * i]), tonumber(ARGV[4 + 4 * i])
  local now = count(stored[i + 1], kind, limit, length_us)
  counts[i] = now
  set_back = set_back or (stored[i + 1] and tonumber(string.match(stored[i + 1], '^%d+')) > now_us)

  local left = math.max(limit - now.used, 0)
  if cost > limit then
    if status ~= 'impossible' then
      status, binding, retry_us = 'impossible', i, 0
    end
  elseif status ~= 'impossible' and cost > 0 and now.used + cost > limit then
    local wait_us = now.begun_us + length_us - now_us
    local room = limit - now.current - cost
    if kind == 'sliding' and room >= 0 then
      wait_us = wait_us - share(room, length_us, now.previous)
    elseif kind == 'sliding' then -- not in this window: in the next, when enough of this one has slid out
      wait_us = wait_us + length_us - share(limit - cost, length_us, now.current)
    end
    if status == 'allowed' or wait_us > retry_us then
      status, binding, retry_us = 'denied', i, wait_us
    end
  elseif status == 'allowed' and (not tightest or left < tightest) then
    binding, tightest = i, left
  end
end

local charge = status == 'allowed' and mode == 'take' and cost > 0
local reply = { status, binding, retry_us }
local until_us = tonumber(stored[1] or 0)
local written = {}
for i = 1, tiers do
  local kind, limit, length_us = ARGV[2 + 4 * i], tonumber(ARGV[3 + 4 * i]), tonumber(ARGV[4 + 4 * i])
  local now = counts[i]
  if charge then
    now.current, now.used = now.current + cost, now.used + cost
  end
  if charge or (set_back and mode == 'take') then
    written[#written + 1] = 'tier:' .. ARGV[1 + 4 * i]
    written[#written + 1] = string.format('%.0f %.0f %.0f', now.begun_us, now.current, now.previous)
  end
  local reset_us = 0
  if now.current > 0 and kind == 'sliding' then
    reset_us = now.begun_us + 2 * length_us - now_us
  elseif now.current + now.previous > 0 then
    reset_us = now.begun_us + length_us - now_us
  end
  until_us = math.max(until_us, now_us + reset_us)
  reply[#reply + 1] = math.max(limit - now.used, 0)
  reply[#reply + 1] = reset_us
end

if #written > 0 then
  local since_us = tonumber(stored[tiers + 2] or now_us)
  if set_back then
    since_us = math.max(since_us + 1, now_us) -- never the same again
  end
  written[#written + 1] = 'since_us'
  written[#written + 1] = string.format('%.0f', since_us)
  redis.call('HSET', window, 'until_us', string.format('%.0f', until_us), unpack(written))
  redis.call('PEXPIREAT', window, string.format('%.0f', math.ceil(until_us / 1000) + 1))
  if charge and request then
    local words = {}
    for i, word in ipairs(reply) do
      words[i] = type(word) == 'number' and string.format('%.0f', word) or word
    end
    redis.call(
      'SET', request, string.format('%.0f|%.0f|%.0f|', cost, now_us, since_us) .. table.concat(words, ' '),
      'PXAT', string.format('%.0f', math.ceil((now_us + replay_us) / 1000) + 1)
    )
  end
end
return reply
