-- log_refund: give back what one request was charged, once.
--
-- KEYS[1]  log      ratelog:{<id>}
-- KEYS[2]  request  ratelog:{<id>}:request:<request>
-- ARGV[1]  limit    integer, units
-- ARGV[2]  length   integer, us
-- ARGV[-1] now      integer, us
--
-- refunded  units remaining reset_after_us
-- passed
-- unknown
--
-- Takes the units that were charged at the request's moment out of the log and writes what is left, oldest first. The
-- record of the request bounds the refund: never more than was charged, and a repeat gives nothing again. passed: the
-- log is gone, or the server's clock was set back since, and its units cannot be told from others' any more: nothing is
-- given back, and nothing written.
-- Begins with PEXPIREAT, so it works when the server's memory is full.

local log, request = KEYS[1], KEYS[2]
local limit, length_us, now_us = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local told = redis.call('GET', request)
if not told then
  return { 'unknown' }
end
local charged, at_us, since_us, outcome = string.match(told, '^(%-?%d+)|(%d+)|(%d+)|(.*)$')
charged, at_us, since_us = tonumber(charged), tonumber(at_us), tonumber(since_us)

local ring = redis.call('GETRANGE', log, 32, -1)
local filled, slid_out_us = #ring / 8, now_us - length_us
local slots, next_slot, last_length_us, ordered_us
if filled > 0 then
  slots, next_slot, last_length_us, ordered_us = struct.unpack('>I8I8I8I8', redis.call('GETRANGE', log, 0, 31))
  if filled == slots then
    ring = string.sub(ring, 8 * next_slot + 1) .. string.sub(ring, 1, 8 * next_slot)
  end
  local newest_us = struct.unpack('>I8', ring, #ring - 7)
  slid_out_us = math.max(slid_out_us, newest_us - last_length_us)
  ordered_us = newest_us <= now_us and ordered_us
end
if charged > 0 and (at_us > now_us or ordered_us ~= since_us) then
  return { 'passed' }
end

-- How many units were charged at that moment or before; the ring now begins with the oldest.
local function upto(moment_us)
  local low, high = 0, filled
  while low < high do
    local middle = math.floor((low + high) / 2)
    if struct.unpack('>I8', ring, 8 * middle + 1) <= moment_us then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local past = math.max(upto(slid_out_us), filled - limit)
local taken_to = upto(at_us)
local taken_from = math.max(taken_to - math.max(charged, 0), past)
local left = string.sub(ring, 8 * past + 1, 8 * taken_from) .. string.sub(ring, 8 * math.max(taken_to, past) + 1)

local used, reset_us = #left / 8, 0
if used > 0 then
  reset_us = math.min(struct.unpack('>I8', left, #left - 7), now_us) + length_us - now_us
end
if charged > 0 then
  local expires_ms = string.format('%.0f', math.ceil((now_us + reset_us) / 1000) + 1)
  redis.call('PEXPIREAT', log, expires_ms)
  if used > 0 then
    local head = struct.pack('>I8I8I8I8', limit, used % limit, length_us, since_us)
    redis.call('SET', log, head .. left, 'PXAT', expires_ms)
  else
    redis.call('DEL', log)
  end
  redis.call('SET', request, string.format('-%.0f|%.0f|%.0f|', charged, at_us, since_us) .. outcome, 'KEEPTTL')
end
return { 'refunded', math.abs(charged), limit - used, reset_us }
