// Admission: the bounds, the job's record, its lease and its first event, or nothing at all. One script, so that no
// process can die between them and no count can drift.
//
// Not flagged allow-oom: a Redis that is full takes no new job.

import { finiteFunction, leaveFunction, lineKeys, nowLocal } from './parts.ts'

/** Of the bounds, for an owner who has them alone where others may come. */
export const shareAlone = 3 / 4

export const admitScript = `#!lua
${lineKeys('recent', 'ownersRecent', 'job', 'log', 'lease', 'payload', 'idempotency')}
-- cost: the most tokens it may use. bodyHash: '' without an idempotency key, which is then any. trace: '' without one.
-- api: whose the lease is.
local id, kind, owner, promptTokens, cost, deadlineMs, onDisconnect, leaseMs, ttlMs, maxJobs, maxTokens,
  ownersThereMayBe, slots, msPerPosition, channel, bodyHash, seed, payloadJson, jobPrefix, requestId, trace,
  api = unpack(ARGV)
promptTokens, cost, deadlineMs, leaseMs, ttlMs =
  tonumber(promptTokens), tonumber(cost), tonumber(deadlineMs), tonumber(leaseMs), tonumber(ttlMs)
maxJobs, maxTokens, ownersThereMayBe, slots, msPerPosition =
  tonumber(maxJobs), tonumber(maxTokens), tonumber(ownersThereMayBe), tonumber(slots), tonumber(msPerPosition)
-- Returns {'admitted', position, eta ms}, {'known', id and hash of the job that the key started} or
-- {'full', 'jobs' | 'tokens', whose ('all' | 'owner'), their jobs, their tokens, the bound, ms until there is room} or
-- {'no memory', bytes that Redis uses, bytes that it may use}
${nowLocal}
local deadlineAt = now + deadlineMs

${leaveFunction}
${finiteFunction}

-- Jobs whose end nobody wrote, long past their deadline: their records are gone or about to be.
for _, lost in ipairs(redis.call('ZRANGEBYSCORE', admitted, '-inf', now - 60000)) do
  redis.call('ZREM', waiting, lost)
  leave(lost)
end

-- A resent command: the job is there already.
if redis.call('EXISTS', job) == 1 then
  return {'admitted', (redis.call('ZRANK', waiting, id) or 0) + 1, 0}
end

-- An earlier try of this command may have ended halfway, at a key that somebody else had written.
leave(id)

if bodyHash ~= '' then
  local fine, known = pcall(redis.call, 'GET', idempotency)
  -- A key whose job has expired is free again, and so is one that holds something else.
  local knownId = fine and known and string.match(known, '^(%S+) %S+$')
  if knownId and redis.call('EXISTS', jobPrefix .. knownId) == 1 then return {'known', known} end
end

-- The last tenth of the memory is for the jobs that are admitted: what they write does not stop at the limit.
local memory = redis.call('INFO', 'memory')
local usedBytes = tonumber(string.match(memory, 'used_memory:(%d+)'))
local maxBytes = tonumber(string.match(memory, 'maxmemory:(%d+)') or 0)
if maxBytes > 0 and usedBytes > maxBytes * 0.9 then return {'no memory', usedBytes, maxBytes} end

-- What is admitted in all, and where several share the queue, what of it is this owner's: an even share while others
-- have jobs here; alone, what leaves room for one who comes. That comes first: who has its share stands in no line of
-- the others. The sum of tokens may pass its bound by one prompt: were only those let in that fit, short ones would
-- fill every gap before a long one.
local jobs, tokens = redis.call('ZCARD', admitted), tonumber(redis.call('GET', admittedTokensTotal) or 0)
-- Somebody has written there: what can't be right is counted anew (mend.ts).
if not finite(tokens) or jobs == 0 and tokens ~= 0 then return redis.error_reply('ERR the sum of tokens is wrong') end
local bounds = {
  { whose = 'all', line = 'place_at', jobs = jobs, tokens = tokens, maxJobs = maxJobs, maxTokens = maxTokens },
}
if ownersThereMayBe > 1 then
  local own = redis.call('HMGET', owners, 'jobs ' .. owner, 'tokens ' .. owner)
  local others = redis.call('HLEN', owners) / 2 - (own[1] and 1 or 0)
  local share = others > 0 and 1 / (others + 1) or ${shareAlone}
  table.insert(bounds, 1, {
    whose = 'owner', line = 'place_at ' .. owner, jobs = tonumber(own[1] or 0), tokens = tonumber(own[2] or 0),
    maxJobs = math.max(1, math.floor(maxJobs * share)), maxTokens = math.max(1, math.floor(maxTokens * share)),
  })
end

-- Those who are refused stand in a line of their own, kept as the time at which its end is let in: each is told when
-- its place will be free, the next one a later time. Whoever comes back too early is counted again, so a line has an
-- end.
local longestMs = 600000
local function refuse(b, bound, excess, size)
  -- Of the jobs that end only so many are this owner's.
  local msPerPlace = msPerPosition * jobs / math.max(1, b.jobs)
  local endOfLine = tonumber(redis.call('HGET', rate, b.line) or 0)
  local readyAt = math.min(now + longestMs, math.max(endOfLine, now + math.max(1, excess) * msPerPlace))
  redis.call('HSET', rate, b.line, string.format('%.3f', readyAt + size * msPerPlace))
  local most = bound == 'jobs' and b.maxJobs or b.maxTokens
  return {'full', bound, b.whose, b.jobs, b.tokens, most, math.ceil(readyAt - now)}
end
for _, b in ipairs(bounds) do
  if b.jobs >= b.maxJobs then return refuse(b, 'jobs', b.jobs - b.maxJobs + 1, 1) end
  local tokensPerJob = b.tokens / math.max(1, b.jobs)
  if b.tokens >= b.maxTokens then
    return refuse(b, 'tokens', (b.tokens - b.maxTokens + 1) / tokensPerJob, promptTokens / tokensPerJob)
  end
end
-- Nobody has to come back, so a line is forgotten when less than half of both bounds is in use.
for _, b in ipairs(bounds) do
  if b.jobs < b.maxJobs / 2 and b.tokens < b.maxTokens / 2 then redis.call('HDEL', rate, b.line) end
end

-- Asked now: in a burst what anyone knew of the slots a moment ago is wrong.
local freeSlots = math.max(0, slots - redis.call('ZCOUNT', held, now, '+inf'))

-- Its place in the line.
local times = redis.call('HMGET', fair, 'now', 'ends ' .. owner)
local start = math.max(tonumber(times[1] or 0), tonumber(times[2] or 0))
redis.call('HSET', fair, 'ends ' .. owner, start + cost, 'owners', ownersThereMayBe)
redis.call('ZADD', waiting, start, id)

redis.call('ZADD', admitted, deadlineAt, id)
redis.call('HSET', admittedTokens, id, promptTokens .. ' ' .. owner)
redis.call('INCRBY', admittedTokensTotal, promptTokens)
redis.call('HINCRBY', owners, 'jobs ' .. owner, 1)
redis.call('HINCRBY', owners, 'tokens ' .. owner, promptTokens)
for _, list in ipairs({ recent, ownersRecent }) do
  redis.call('ZADD', list, now, id)
  redis.call('ZREMRANGEBYRANK', list, 0, -1001)
end
-- Of an owner who comes no more nothing is left when the last job has expired.
redis.call('PEXPIREAT', ownersRecent, math.max(deadlineAt + ttlMs, redis.call('PEXPIRETIME', ownersRecent)))

local position = redis.call('ZRANK', waiting, id) + 1
local eta = math.max(0, math.ceil((position - freeSlots) * msPerPosition))
local event = string.format('{"type":"queued","seq":0,"position":%d,"etaMs":%d}', position, eta)
-- First what every append reads: Redis searches a small hash from its start.
redis.call('HSET', job, 'fence', 0, 'last', 0, 'tokens', 0, 'fruitless', 0, 'on_disconnect', onDisconnect)
redis.call('HSET', job, 'kind', kind, 'owner', owner, 'state', 'queued', 'created_at', now, 'start', start,
  'cost', cost, 'prompt_tokens', promptTokens, 'deadline_at', deadlineAt, 'lease_ms', leaseMs, 'ttl_ms', ttlMs, 'seed', seed)
redis.call('HSET', job, 'request_id', requestId, 'trace', trace)
redis.call('XADD', log, '1-1', 'e', event)
-- The expiry covers the whole life at once: the deadline is fixed, and the end shortens it to the TTL.
redis.call('PEXPIREAT', job, deadlineAt + ttlMs)
redis.call('PEXPIREAT', log, deadlineAt + ttlMs)
if onDisconnect == 'cancel' then redis.call('SET', lease, api, 'PX', leaseMs) end
if bodyHash ~= '' then
  redis.call('SET', idempotency, id .. ' ' .. bodyHash, 'PXAT', deadlineAt + ttlMs)
  redis.call('HSET', job, 'idempotency', idempotency)
end
redis.call('SET', payload, payloadJson, 'PXAT', deadlineAt + ttlMs)
redis.call('PUBLISH', channel, '[' .. event .. ']')
return {'admitted', position, eta}
`
