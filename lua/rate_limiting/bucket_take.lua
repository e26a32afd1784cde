-- bucket_take: charge a cost to every tier of a token bucket, or to none.
--
-- KEYS[1]  bucket   bucket:{<id>}
-- KEYS[2]  request  bucket:{<id>}:request:<request>  optional
-- ARGV[1]  mode     take | peek
-- ARGV[2]  cost     integer, units
-- ARGV[3]  replay   integer, us
-- ARGV[4]  tiers    integer, count
-- ARGV[5]  tier     name, ticks, rate, capacity  repeated
-- ARGV[-1] now      integer, us
--
-- allowed     tier retry_after_us remaining reset_after_us...
-- denied      tier retry_after_us remaining reset_after_us...
-- impossible  tier retry_after_us remaining reset_after_us...
-- other_tiers  tiers
--
-- Debt is kept in ticks: a unit costs `ticks`, and `rate` of them drain each microsecond, so no remainder is ever
-- dropped. A denial writes nothing, unless the server's clock was set back: then it dates the debt anew, for nothing
-- would drain until the old time is reached. A request id makes a repeat answer what the first call answered.
-- other_tiers: the first call was about another number of tiers, this one; nothing is written.

local bucket, request = KEYS[1], KEYS[2]
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

local fields = { 'until_us' }
for i = 1, tiers do
  fields[i + 1] = 'tier:' .. ARGV[1 + 4 * i]
end
local stored = redis.call('HMGET', bucket, unpack(fields))

local debts, set_back = {}, false
local status, binding, retry_us = 'allowed', 1, 0
local tightest
for i = 1, tiers do
  local ticks, rate, capacity = tonumber(ARGV[2 + 4 * i]), tonumber(ARGV[3 + 4 * i]), tonumber(ARGV[4 + 4 * i])
  local debt = 0
  if stored[i + 1] then
    local owed, unit, at_us = string.match(stored[i + 1], '^(%d+) (%d+) (%d+)$')
    owed, unit, at_us = tonumber(owed), tonumber(unit), tonumber(at_us)
    if unit ~= ticks then -- the limit was changed: what is owed stays owed, in units rounded up
      owed = math.min(math.ceil(owed / unit), capacity) * ticks
    end
    local elapsed = math.max(now_us - at_us, 0)
    if elapsed < math.ceil(owed / rate) then
      debt = owed - elapsed * rate
    end
    set_back = set_back or at_us > now_us
  end
  debts[i] = debt

  local left = math.floor(math.max(capacity * ticks - debt, 0) / ticks)
  if cost > capacity then
    if status ~= 'impossible' then
      status, binding, retry_us = 'impossible', i, 0
    end
  elseif status ~= 'impossible' and cost > 0 and debt + cost * ticks > capacity * ticks then
    local wait_us = math.ceil((debt + cost * ticks - capacity * ticks) / rate)
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
  local ticks, rate, capacity = tonumber(ARGV[2 + 4 * i]), tonumber(ARGV[3 + 4 * i]), tonumber(ARGV[4 + 4 * i])
  local debt = debts[i]
  if charge then
    debt = debt + cost * ticks
  end
  if charge or (set_back and mode == 'take') then
    written[#written + 1] = 'tier:' .. ARGV[1 + 4 * i]
    written[#written + 1] = string.format('%.0f %.0f %.0f', debt, ticks, now_us)
  end
  local reset_us = math.ceil(debt / rate)
  until_us = math.max(until_us, now_us + reset_us)
  reply[#reply + 1] = math.floor(math.max(capacity * ticks - debt, 0) / ticks)
  reply[#reply + 1] = reset_us
end

if #written > 0 then
  redis.call('HSET', bucket, 'until_us', string.format('%.0f', until_us), unpack(written))
  redis.call('PEXPIREAT', bucket, string.format('%.0f', math.ceil(until_us / 1000) + 1))
  if charge and request then
    local words = {}
    for i, word in ipairs(reply) do
      words[i] = type(word) == 'number' and string.format('%.0f', word) or word
    end
    redis.call(
      'SET', request, string.format('%.0f|%.0f|', cost, now_us) .. table.concat(words, ' '),
      'PXAT', string.format('%.0f', math.ceil((now_us + replay_us) / 1000) + 1)
    )
  end
end
return reply
