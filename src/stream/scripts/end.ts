// Ending a job that no worker will end: stopped while it waited, past its deadline, or damaged. Needs no attempt: the
// event goes right behind whatever the log has.

import { finishFunction, nowLocal } from './parts.ts'

export const endScript = `#!lua flags=allow-oom
-- KEYS: admitted, admitted-tokens, admitted-tokens-total, waiting, rate, job, log, lease, payload
-- ARGV: id, channel, kind (completed | cancelled | failed), event as JSON without its seq, only waiting (1: leave it to a worker that has it)
-- Returns 'ended' (now or before), 'missing', 'active', or 'damaged': its keys hold something else; it counts no longer
${nowLocal}
${finishFunction}

local function put()
  local r = redis.call('HMGET', KEYS[6], 'last', 'ended_at')
  if not r[1] then return 'missing' end
  if r[2] then return 'ended' end
  if ARGV[5] == '1' and not redis.call('ZRANK', KEYS[4], ARGV[1]) then return 'active' end
  local seq = tonumber(r[1]) + 1
  local event = string.sub(ARGV[4], 1, -2) .. ',"seq":' .. seq .. '}'
  redis.call('XADD', KEYS[7], '1-' .. (seq + 1), 'e', event)
  redis.call('HSET', KEYS[6], 'last', seq)
  finish(ARGV[1], KEYS[6], KEYS[7], KEYS[8], KEYS[9], ARGV[3])
  redis.call('PUBLISH', ARGV[2], '[' .. event .. ']')
  return 'ended'
end

local fine, result = pcall(put)
if fine and result ~= 'missing' then return result end
redis.call('ZREM', KEYS[4], ARGV[1])
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  redis.call('DECRBY', KEYS[3], tonumber(redis.call('HGET', KEYS[2], ARGV[1])) or 0)
  redis.call('HDEL', KEYS[2], ARGV[1])
end
return fine and 'missing' or 'damaged'
`
