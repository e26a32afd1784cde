-- log_take: charge a cost to an exact sliding log.
--
-- KEYS[1]  log      ratelog:{<id>}
-- KEYS[2]  request  ratelog:{<id>}:request:<request>  optional
-- ARGV[1]  mode     take | peek
-- ARGV[2]  cost     integer, units
-- ARGV[3]  replay   integer, us
-- ARGV[4]  limit    integer, units
-- ARGV[5]  length   integer, us
-- ARGV[-1] now      integer, us
--
-- allowed     tier retry_after_us remaining reset_after_us
-- denied      tier retry_after_us remaining reset_after_us
-- impossible  tier retry_after_us remaining reset_after_us
--
-- The log is a ring of as many slots as the limit has units: when each was charged, 8 bytes, oldest overwritten first.
-- Before them stand the number of slots, the slot that is next, the length, and since when the moments are in order, 8
-- bytes each: a refund must find the order of its charge. `tier` is always 1. A denial writes nothing, unless the
-- server's clock was set back: then it dates what lies in the future anew. A request id makes a repeat answer what the
-- first call answered.

local log, request = KEYS[1], KEYS[2]
local mode, cost, replay_us = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local limit, length_us, now_us = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
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
    return reply
  end
end

local slots, next_slot, last_length_us, since_us = limit, 0, length_us, now_us
local filled = math.max((redis.call('STRLEN', log) - 32) / 8, 0)
if filled > 0 then
  slots, next_slot, last_length_us, since_us = struct.unpack('>I8I8I8I8', redis.call('GETRANGE', log, 0, 31))
end
local oldest = filled == slots and next_slot or 0

-- When the unit at a place was charged; place 0 is the oldest.
local function charged_us(place)
  local from = 32 + 8 * ((oldest + place) % slots)
  return (struct.unpack('>I8', redis.call('GETRANGE', log, from, from + 7)))
end

-- How many units were charged at that moment or before.
local function upto(moment_us)
  local low, high = 0, filled
  while low < high do
    local middle = math.floor((low + high) / 2)
    if charged_us(middle) <= moment_us then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

-- What had slid out when the newest was charged does not come back with a longer length, and what a smaller limit
-- cannot hold is forgotten.
local newest_us = filled > 0 and charged_us(filled - 1) or 0
local past = math.max(upto(math.max(now_us - length_us, newest_us - last_length_us)), filled - limit)
local used = filled - past
local set_back = newest_us > now_us
since_us = set_back and math.max(since_us + 1, now_us) or since_us -- never the same again
newest_us = math.min(newest_us, now_us)

local status, retry_us = 'allowed', 0
if cost > limit then
  status = 'impossible'
elseif cost > 0 and used + cost > limit then
  status, retry_us = 'denied', math.min(charged_us(past + used + cost - limit - 1), now_us) + length_us - now_us
end

local charge = status == 'allowed' and mode == 'take' and cost > 0
local reset_us = 0
if charge then
  used, reset_us = used + cost, length_us
elseif used > 0 then
  reset_us = newest_us + length_us - now_us
end
local reply = { status, 1, retry_us, limit - used, reset_us }

local expires_ms = string.format('%.0f', math.ceil((now_us + reset_us) / 1000) + 1)
local now = struct.pack('>I8', now_us)
if mode == 'take' and (set_back or (charge and (slots ~= limit or last_length_us ~= length_us or filled == 0))) then
  local ring, kept, future = '', filled - past, 0
  if kept > 0 then
    future = math.min(filled - upto(now_us), kept)
    ring = redis.call('GETRANGE', log, 32, -1)
    ring = string.sub(ring, 8 * oldest + 1) .. string.sub(ring, 1, 8 * oldest)
    ring = string.sub(ring, 8 * past + 1, 8 * (filled - future))
  end
  ring = ring .. string.rep(now, future + (charge and cost or 0))
  redis.call('SET', log, struct.pack('>I8I8I8I8', limit, used % limit, length_us, since_us) .. ring, 'PXAT', expires_ms)
elseif charge then
  local upper = math.min(cost, slots - next_slot)
  redis.call('SETRANGE', log, 32 + 8 * next_slot, string.rep(now, upper))
  if upper < cost then
    redis.call('SETRANGE', log, 32, string.rep(now, cost - upper))
  end
  redis.call('SETRANGE', log, 8, struct.pack('>I8', (next_slot + cost) % slots))
  redis.call('PEXPIREAT', log, expires_ms)
end

if charge and request then
  local words = string.format('%s 1 0 %.0f %.0f', status, limit - used, reset_us)
  redis.call(
    'SET', request, string.format('%.0f|%.0f|%.0f|', cost, now_us, since_us) .. words,
    'PXAT', string.format('%.0f', math.ceil((now_us + replay_us) / 1000) + 1)
  )
end
return reply
