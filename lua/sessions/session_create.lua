-- session_create: begin a session, within the limit of its user.
--
-- KEYS[1]  session   session:{<tag>}:id:<handle>
-- KEYS[2]  list      session:{<tag>}:list
-- ARGV[1]  handle    string
-- ARGV[2]  user      string
-- ARGV[3]  idle      integer, us
-- ARGV[4]  lifetime  integer, us
-- ARGV[5]  limit     integer, count
-- ARGV[6]  at_limit  end_first | refuse
-- ARGV[7]  field     field, value  repeated
-- ARGV[-1] now       integer, us
--
-- created  ended...
-- full     retry_after_us
-- taken
--
-- limit = 0: none. At the limit, end_first ends as many as needed of those that would end first and names them; refuse
-- creates nothing and says when the first of them will end at the earliest. A session lives while the list holds its
-- handle: so one command on the list ends any number of sessions, and none of them can come back.

local session, list = KEYS[1], KEYS[2]
local handle, user = ARGV[1], ARGV[2]
local idle_us, lifetime_us, limit, at_limit = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local now_us = tonumber(ARGV[#ARGV])
if now_us == 0 then
  local time = redis.call('TIME')
  now_us = time[1] * 1000000 + time[2]
end

local function digits(number)
  return string.format('%.0f', number)
end

local function at_ms(us)
  return digits(math.ceil(us / 1000) + 1)
end

if redis.call('EXISTS', session) == 1 or redis.call('ZSCORE', list, handle) then
  return { 'taken' }
end
local ended, alive = {}, '(' .. digits(now_us)
local room = limit - redis.call('ZCOUNT', list, alive, '+inf')
if limit > 0 and room < 1 then
  local first = redis.call('ZRANGEBYSCORE', list, alive, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if at_limit == 'refuse' then
    return { 'full', tonumber(first[2]) - now_us }
  end
  ended = redis.call('ZRANGEBYSCORE', list, alive, '+inf', 'LIMIT', 0, 1 - room)
end

-- The growing write comes first: a server whose memory is full then refuses the script before it ended anything.
local ends_us = now_us + lifetime_us
local until_us = math.min(now_us + idle_us, ends_us)
local now = digits(now_us)
redis.call('HSET', session, 'user', user, 'created_us', now, 'touched_us', now)
redis.call('HSET', session, 'idle_us', digits(idle_us), 'ends_us', digits(ends_us), 'version', '1')
for at = 7, #ARGV - 1, 2 do
  redis.call('HSET', session, '.' .. ARGV[at], ARGV[at + 1])
end
redis.call('PEXPIREAT', session, at_ms(until_us))
redis.call('ZREMRANGEBYSCORE', list, '-inf', now)
for _, other in ipairs(ended) do
  redis.call('ZREM', list, other)
end
redis.call('ZADD', list, digits(until_us), handle)
redis.call('PEXPIREAT', list, at_ms(redis.call('ZRANGE', list, -1, -1, 'WITHSCORES')[2]))
table.insert(ended, 1, 'created')
return ended
