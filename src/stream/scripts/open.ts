// The start of an attempt: raises the fence before anything is computed, so that nothing older can write afterwards,
// and hands over the log to continue from.

import { nowLocal } from './parts.ts'

export const openScript = `#!lua flags=allow-oom
local job, log, lease, waiting, payload, held = unpack(KEYS)
-- worker: as JSON. regrant: 1 where a lease that lapsed while Redis was away starts again.
local id, attempt, worker, regrant, mostFruitless = unpack(ARGV)
attempt, mostFruitless = tonumber(attempt), tonumber(mostFruitless)
-- Returns {verdict, last seq, now, record (flat list), log entries, payload}
${nowLocal}
local r = redis.call('HMGET', job, 'fence', 'last', 'ended_at', 'cancelled', 'on_disconnect', 'lease_ms',
  'deadline_at', 'owner')
if not (r[1] and r[2] and r[7] and r[8]) then return {'missing', -1, now, {}, {}} end
local last = tonumber(r[2])
if r[3] then return {'ended', last, now, {}, {}} end
if attempt < tonumber(r[1]) then return {'fenced', last, now, {}, {}} end

-- Sent again by the same attempt after a broken connection: counted once.
if attempt > tonumber(r[1]) then
  redis.call('HSET', job, 'fence', attempt)
  redis.call('HINCRBY', job, 'fruitless', 1)
end
redis.call('HSET', job, 'state', 'active', 'worker', worker)
redis.call('HSETNX', job, 'opened_at', now)
redis.call('ZREM', waiting, id)
-- Longer than it can run: what ends it, or gives it back, takes it out.
redis.call('ZADD', held, tonumber(r[7]) + 60000, r[8] .. ':' .. id)

local verdict = 'ok'
if r[4] then
  verdict = 'cancelled'
elseif r[5] == 'cancel' and redis.call('EXISTS', lease) == 0 then
  if regrant == '1' then redis.call('SET', lease, '', 'PX', r[6]) else verdict = 'abandoned' end
end
local fruitless = tonumber(redis.call('HGET', job, 'fruitless'))
if verdict == 'ok' and fruitless > mostFruitless then verdict = 'poisoned' end
return {verdict, last, now, redis.call('HGETALL', job), redis.call('XRANGE', log, '-', '+'),
  redis.call('GET', payload) or ''}
`
