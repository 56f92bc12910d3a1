// The start of an attempt: raises the fence before anything is computed, so that nothing older can write afterwards,
// and hands over the log to continue from.

import { nowLocal } from './parts.ts'

export const openScript = `#!lua flags=allow-oom
-- KEYS: job, log, lease, waiting, payload, held
-- ARGV: id, attempt, worker (JSON), regrant (1: a lease that lapsed while Redis was away starts again), most fruitless attempts
-- Returns {verdict, last seq, now, record (flat list), log entries, payload}
local attempt = tonumber(ARGV[2])
${nowLocal}
local r = redis.call('HMGET', KEYS[1], 'fence', 'last', 'ended_at', 'cancelled', 'on_disconnect', 'lease_ms',
  'deadline_at', 'owner')
if not (r[1] and r[2] and r[7] and r[8]) then return {'missing', -1, now, {}, {}} end
local last = tonumber(r[2])
if r[3] then return {'ended', last, now, {}, {}} end
if attempt < tonumber(r[1]) then return {'fenced', last, now, {}, {}} end

-- Sent again by the same attempt after a broken connection: counted once.
if attempt > tonumber(r[1]) then
  redis.call('HSET', KEYS[1], 'fence', attempt)
  redis.call('HINCRBY', KEYS[1], 'fruitless', 1)
end
redis.call('HSET', KEYS[1], 'state', 'active', 'worker', ARGV[3])
redis.call('HSETNX', KEYS[1], 'opened_at', now)
redis.call('ZREM', KEYS[4], ARGV[1])
-- Longer than it can run: what ends it, or gives it back, takes it out.
redis.call('ZADD', KEYS[6], tonumber(r[7]) + 60000, r[8] .. ':' .. ARGV[1])

local verdict = 'ok'
if r[4] then
  verdict = 'cancelled'
elseif r[5] == 'cancel' and redis.call('EXISTS', KEYS[3]) == 0 then
  if ARGV[4] == '1' then redis.call('SET', KEYS[3], '1', 'PX', r[6]) else verdict = 'abandoned' end
end
if verdict == 'ok' and tonumber(redis.call('HGET', KEYS[1], 'fruitless')) > tonumber(ARGV[5]) then verdict = 'poisoned' end
return {verdict, last, now, redis.call('HGETALL', KEYS[1]), redis.call('XRANGE', KEYS[2], '-', '+'),
  redis.call('GET', KEYS[5]) or ''}
`
