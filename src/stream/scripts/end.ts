// Ending a job that no worker will end: stopped while it waited, past its deadline, or damaged. Needs no attempt: the
// event goes right behind whatever the log has.

import { finishFunction, lineKeys, nowLocal } from './parts.ts'

export const endScript = `#!lua flags=allow-oom
${lineKeys('job', 'log', 'lease', 'payload')}
-- kind: completed | cancelled | failed. unnumbered: the event as JSON without its seq. onlyWaiting: 1 leaves the job to
-- a worker that has it.
local id, channel, kind, unnumbered, onlyWaiting = unpack(ARGV)
-- Returns 'ended' (now or before), 'missing', 'active', or 'damaged': its keys hold something else; it counts no longer
${nowLocal}
${finishFunction}

local function put()
  local r = redis.call('HMGET', job, 'last', 'ended_at')
  if not r[1] then return 'missing' end
  if r[2] then return 'ended' end
  if onlyWaiting == '1' and not redis.call('ZRANK', waiting, id) then return 'active' end
  local seq = tonumber(r[1]) + 1
  local event = string.sub(unnumbered, 1, -2) .. ',"seq":' .. seq .. '}'
  redis.call('XADD', log, '1-' .. (seq + 1), 'e', event)
  redis.call('HSET', job, 'last', seq)
  finish(id, job, log, lease, payload, kind)
  redis.call('PUBLISH', channel, '[' .. event .. ']')
  return 'ended'
end

local fine, result = pcall(put)
if fine and result ~= 'missing' then return result end
if not fine then
  -- Its log takes no end: the record says that there is one which the log has lost, and readers say the same.
  pcall(function()
    local last = tonumber(redis.call('HGET', job, 'last') or '') or 0
    local readable, entries = pcall(redis.call, 'XREVRANGE', log, '+', '-', 'COUNT', 1)
    local newest = readable and entries[1] and tonumber(string.match(entries[1][1], '^1%-(%d+)$')) or 0
    redis.call('HSET', job, 'last', math.max(last + 1, newest))
    finish(id, job, log, lease, payload, 'failed')
  end)
end
pcall(redis.call, 'ZREM', waiting, id)
pcall(leave, id)
return fine and 'missing' or 'damaged'
`
