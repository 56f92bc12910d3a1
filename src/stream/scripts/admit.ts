// Admission: the bounds, the job's record, its lease and its first event, or nothing at all. One script, so that no
// process can die between them and no count can drift.
//
// Not flagged allow-oom: a Redis that is full takes no new job.

import { leaveFunction, lineKeys, nowLocal } from './parts.ts'

export const admitScript = `#!lua
-- KEYS: ${lineKeys}, recent, recent of the owner, job, log, lease, payload, idempotency (or any)
-- ARGV: id, kind, owner, prompt tokens, cost (the most tokens it may use), deadline ms, on_disconnect, lease ms, ttl ms,
--       max jobs, max tokens, number of owners there may be, free slots, ms per position, channel,
--       hash of the body ('' without an idempotency key), seed, payload, what the keys of jobs begin with,
--       request id, trace context ('' without one)
-- Returns {'admitted', position, eta ms}, {'known', id and hash of the job that the key started} or
-- {'full', 'jobs' | 'tokens', whose ('all' | 'owner'), their jobs, their tokens, the bound, ms until there is room} or
-- {'no memory', bytes that Redis uses, bytes that it may use}
local id, owner, promptTokens, cost = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local leaseMs, ttlMs, owners = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[12])
local recents, job, log, lease, payload, idempotency = { KEYS[9], KEYS[10] }, KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15]
${nowLocal}
local deadlineAt = now + tonumber(ARGV[6])

${leaveFunction}

-- Jobs whose end nobody wrote, long past their deadline: their records are gone or about to be.
for _, lost in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 60000)) do
  redis.call('ZREM', KEYS[4], lost)
  leave(lost)
end

-- A resent command: the job is there already.
if redis.call('EXISTS', job) == 1 then
  return {'admitted', (redis.call('ZRANK', KEYS[4], id) or 0) + 1, 0}
end

local hash = ARGV[16]
if hash ~= '' then
  local fine, known = pcall(redis.call, 'GET', idempotency)
  -- A key whose job has expired is free again, and so is one that holds something else.
  local knownId = fine and known and string.match(known, '^(%S+) %S+$')
  if knownId and redis.call('EXISTS', ARGV[19] .. knownId) == 1 then return {'known', known} end
end

-- The last tenth of the memory is for the jobs that are admitted: what they write does not stop at the limit.
local memory = redis.call('INFO', 'memory')
local usedBytes = tonumber(string.match(memory, 'used_memory:(%d+)'))
local maxBytes = tonumber(string.match(memory, 'maxmemory:(%d+)') or 0)
if maxBytes > 0 and usedBytes > maxBytes * 0.9 then return {'no memory', usedBytes, maxBytes} end

-- One who has nothing admitted may exceed the bound on tokens, or a long prompt could never run.
local function full(whose, jobs, tokens, maxJobs, maxTokens)
  if jobs >= maxJobs then return {'full', 'jobs', whose, jobs, tokens, maxJobs} end
  if tokens > 0 and tokens + promptTokens > maxTokens then return {'full', 'tokens', whose, jobs, tokens, maxTokens} end
end
local maxJobs, maxTokens = tonumber(ARGV[10]), tonumber(ARGV[11])
local jobs, tokens = redis.call('ZCARD', KEYS[1]), tonumber(redis.call('GET', KEYS[3]) or 0)
local refusal = full('all', jobs, tokens, maxJobs, maxTokens)
if not refusal and owners > 1 then
  -- An even share while others have jobs here; alone, what leaves room for one who comes.
  local own = redis.call('HMGET', KEYS[6], 'jobs ' .. owner, 'tokens ' .. owner)
  local others = redis.call('HLEN', KEYS[6]) / 2 - (own[1] and 1 or 0)
  local share = others > 0 and 1 / (others + 1) or 3 / 4
  refusal = full('owner', tonumber(own[1] or 0), tonumber(own[2] or 0), math.max(1, math.floor(maxJobs * share)), math.floor(maxTokens * share))
end

-- Those who are refused stand in a line of their own: each is told when its place will be free, the next one a later time.
-- Nobody has to come back, so their line is forgotten when a tenth of the places is free.
local function placeField(whose) return whose == 'all' and 'place_at' or 'place_at ' .. owner end
if refusal then
  local whose, theirs, used, most = refusal[3], refusal[4], refusal[5], refusal[6]
  local leaving = refusal[2] == 'jobs' and theirs - most + 1
    or math.ceil((used + promptTokens - most) / math.max(1, used / math.max(1, theirs)))
  -- Of the jobs that end only so many are this owner's.
  local msPerPlace = tonumber(ARGV[14]) * (whose == 'all' and 1 or jobs / math.max(1, theirs))
  local placeAt = math.max(now, tonumber(redis.call('HGET', KEYS[5], placeField(whose)) or 0)) + math.max(1, leaving) * msPerPlace
  redis.call('HSET', KEYS[5], placeField(whose), string.format('%.0f', placeAt))
  refusal[7] = math.ceil(placeAt - now)
  return refusal
end
if jobs + 1 <= maxJobs * 0.9 then redis.call('HDEL', KEYS[5], placeField('all'), placeField('owner')) end

-- Its place in the line.
local fair = redis.call('HMGET', KEYS[8], 'now', 'ends ' .. owner)
local start = math.max(tonumber(fair[1] or 0), tonumber(fair[2] or 0))
redis.call('HSET', KEYS[8], 'ends ' .. owner, start + cost, 'owners', owners)
redis.call('ZADD', KEYS[4], start, id)

redis.call('ZADD', KEYS[1], deadlineAt, id)
redis.call('HSET', KEYS[2], id, promptTokens .. ' ' .. owner)
redis.call('INCRBY', KEYS[3], promptTokens)
redis.call('HINCRBY', KEYS[6], 'jobs ' .. owner, 1)
redis.call('HINCRBY', KEYS[6], 'tokens ' .. owner, promptTokens)
for _, recent in ipairs(recents) do
  redis.call('ZADD', recent, now, id)
  redis.call('ZREMRANGEBYRANK', recent, 0, -1001)
end
-- Of an owner who comes no more nothing is left when the last job has expired.
redis.call('PEXPIREAT', recents[2], math.max(deadlineAt + ttlMs, redis.call('PEXPIRETIME', recents[2])))

local position = redis.call('ZRANK', KEYS[4], id) + 1
local eta = math.max(0, math.ceil((position - tonumber(ARGV[13])) * tonumber(ARGV[14])))
local event = string.format('{"type":"queued","seq":0,"position":%d,"etaMs":%d}', position, eta)
-- First what every append reads: Redis searches a small hash from its start.
redis.call('HSET', job, 'fence', 0, 'last', 0, 'tokens', 0, 'fruitless', 0, 'on_disconnect', ARGV[7])
redis.call('HSET', job, 'kind', ARGV[2], 'owner', owner, 'state', 'queued', 'created_at', now, 'start', start, 'cost', cost,
  'prompt_tokens', promptTokens, 'deadline_at', deadlineAt, 'lease_ms', leaseMs, 'ttl_ms', ttlMs, 'seed', ARGV[17])
redis.call('HSET', job, 'request_id', ARGV[20], 'trace', ARGV[21])
redis.call('XADD', log, '1-1', 'e', event)
-- The expiry covers the whole life at once: the deadline is fixed, and the end shortens it to the TTL.
redis.call('PEXPIREAT', job, deadlineAt + ttlMs)
redis.call('PEXPIREAT', log, deadlineAt + ttlMs)
if ARGV[7] == 'cancel' then redis.call('SET', lease, '1', 'PX', leaseMs) end
if hash ~= '' then
  redis.call('SET', idempotency, id .. ' ' .. hash, 'PXAT', deadlineAt + ttlMs)
  redis.call('HSET', job, 'idempotency', idempotency)
end
redis.call('SET', payload, ARGV[18], 'PXAT', deadlineAt + ttlMs)
redis.call('PUBLISH', ARGV[15], '[' .. event .. ']')
return {'admitted', position, eta}
`
