// Ending a job that no worker will end: stopped while it waited, past its deadline, or damaged. Needs no attempt: the
// event goes right behind whatever the log has.

import { finishFunction, lineKeys, nowLocal } from './parts.ts'

export const endScript = `#!lua flags=allow-oom
-- KEYS: ${lineKeys}, job, log, lease, payload
-- ARGV: id, channel, kind (completed | cancelled | failed), event as JSON without its seq, only waiting (1: leave it to a worker that has it)
-- Returns 'ended' (now or before), 'missing', 'active', or 'damaged': its keys hold something else; it counts no longer
${nowLocal}
${finishFunction}

local function put()
  local r = redis.call('HMGET', KEYS[9], 'last', 'ended_at')
  if not r[1] then return 'missing' end
  if r[2] then return 'ended' end
  if ARGV[5] == '1' and not redis.call('ZRANK', KEYS[4], ARGV[1]) then return 'active' end
  local seq = tonumber(r[1]) + 1
  local event = string.sub(ARGV[4], 1, -2) .. ',"seq":' .. seq .. '}'
  redis.call('XADD', KEYS[10], '1-' .. (seq + 1), 'e', event)
  redis.call('HSET', KEYS[9], 'last', seq)
  finish(ARGV[1], KEYS[9], KEYS[10], KEYS[11], KEYS[12], ARGV[3])
  redis.call('PUBLISH', ARGV[2], '[' .. event .. ']')
  return 'ended'
end

local fine, result = pcall(put)
if fine and result ~= 'missing' then return result end
if not fine then
  -- Its log takes no end: the record says that there is one which the log has lost, and readers say the same.
  pcall(function()
    local last = tonumber(redis.call('HGET', KEYS[9], 'last') or '') or 0
    local readable, entries = pcall(redis.call, 'XREVRANGE', KEYS[10], '+', '-', 'COUNT', 1)
    local newest = readable and entries[1] and tonumber(string.match(entries[1][1], '^1%-(%d+)$')) or 0
    redis.call('HSET', KEYS[9], 'last', math.max(last + 1, newest))
    finish(ARGV[1], KEYS[9], KEYS[10], KEYS[11], KEYS[12], 'failed')
  end)
end
pcall(redis.call, 'ZREM', KEYS[4], ARGV[1])
pcall(leave, ARGV[1])
return fine and 'missing' or 'damaged'
`
