// Admission: the bounds, the job's record, its lease and its first event, or nothing at all. One script, so that no
// process can die between them and no count can drift.
//
// Not flagged allow-oom: a Redis that is full takes no new job.

import { nowLocal } from './parts.ts'

export const admitScript = `#!lua
-- KEYS: admitted, admitted-tokens, admitted-tokens-total, waiting, order, recent, job, log, lease, payload, idempotency (or any),
--       recent of the owner
-- ARGV: id, kind, owner, prompt tokens, deadline ms, on_disconnect, grace ms, ttl ms, max jobs, max tokens,
--       free slots, ms per position, channel, hash of the body ('' without an idempotency key), seed, payload,
--       what the keys of jobs begin with
-- Returns {'admitted', position, eta ms}, {'known', id and hash of the job that the key started} or {'full', 'jobs' | 'tokens', jobs, tokens}
local id, promptTokens = ARGV[1], tonumber(ARGV[4])
local graceMs, ttlMs = tonumber(ARGV[7]), tonumber(ARGV[8])
${nowLocal}
local deadlineAt = now + tonumber(ARGV[5])

-- Jobs whose end nobody wrote, long past their deadline: their records are gone or about to be.
for _, lost in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 60000)) do
  redis.call('ZREM', KEYS[1], lost)
  redis.call('ZREM', KEYS[4], lost)
  redis.call('DECRBY', KEYS[3], tonumber(redis.call('HGET', KEYS[2], lost)) or 0)
  redis.call('HDEL', KEYS[2], lost)
end

-- A resent command: the job is there already.
if redis.call('EXISTS', KEYS[7]) == 1 then
  return {'admitted', (redis.call('ZRANK', KEYS[4], id) or 0) + 1, 0}
end

local hash = ARGV[14]
if hash ~= '' then
  local known = redis.call('GET', KEYS[11])
  -- A key whose job has expired is free again.
  if known and redis.call('EXISTS', ARGV[17] .. string.match(known, '^%S+')) == 1 then return {'known', known} end
end

local jobs = redis.call('ZCARD', KEYS[1])
local tokens = tonumber(redis.call('GET', KEYS[3]) or 0)
if jobs >= tonumber(ARGV[9]) then return {'full', 'jobs', jobs, tokens} end
if tokens > 0 and tokens + promptTokens > tonumber(ARGV[10]) then return {'full', 'tokens', jobs, tokens} end

local order = redis.call('INCR', KEYS[5])
redis.call('ZADD', KEYS[1], deadlineAt, id)
redis.call('HSET', KEYS[2], id, promptTokens)
redis.call('INCRBY', KEYS[3], promptTokens)
redis.call('ZADD', KEYS[4], order, id)
for _, recent in ipairs({ KEYS[6], KEYS[12] }) do
  redis.call('ZADD', recent, now, id)
  redis.call('ZREMRANGEBYRANK', recent, 0, -1001)
end
-- Of an owner who comes no more nothing is left when the last job has expired.
redis.call('PEXPIREAT', KEYS[12], math.max(deadlineAt + ttlMs, redis.call('PEXPIRETIME', KEYS[12])))

local position = redis.call('ZCARD', KEYS[4])
local eta = math.max(0, math.ceil((position - tonumber(ARGV[11])) * tonumber(ARGV[12])))
local event = string.format('{"type":"queued","seq":0,"position":%d,"etaMs":%d}', position, eta)
redis.call('HSET', KEYS[7], 'kind', ARGV[2], 'owner', ARGV[3], 'state', 'queued', 'created_at', now, 'order', order,
  'prompt_tokens', promptTokens, 'deadline_at', deadlineAt, 'on_disconnect', ARGV[6], 'grace_ms', graceMs,
  'ttl_ms', ttlMs, 'seed', ARGV[15], 'fence', 0, 'last', 0, 'tokens', 0, 'fruitless', 0)
redis.call('XADD', KEYS[8], '1-1', 'e', event)
-- The expiry covers the whole life at once: the deadline is fixed, and the end shortens it to the TTL.
redis.call('PEXPIREAT', KEYS[7], deadlineAt + ttlMs)
redis.call('PEXPIREAT', KEYS[8], deadlineAt + ttlMs)
if ARGV[6] == 'cancel' then redis.call('SET', KEYS[9], '1', 'PX', graceMs) end
if hash ~= '' then
  redis.call('SET', KEYS[11], id .. ' ' .. hash, 'PXAT', deadlineAt + ttlMs)
  redis.call('HSET', KEYS[7], 'idempotency', KEYS[11])
end
redis.call('SET', KEYS[10], ARGV[16], 'PXAT', deadlineAt + ttlMs)
redis.call('PUBLISH', ARGV[13], '[' .. event .. ']')
return {'admitted', position, eta}
`
