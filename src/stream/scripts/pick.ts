// Whose turn it is: a job that its worker has lost, for it has had its turn; else the first in line whose owner may take
// a slot now. A quarter of the slots is for owners who hold none, so that one who comes new does not wait for another's
// jobs to end.

import { nowLocal } from './parts.ts'

export const pickScript = `#!lua flags=allow-oom
-- front: BullMQ's list of what it gives out next, the next one last.
local waiting, held, fair, front = unpack(KEYS)
-- slots: of all workers. pickMs: until then nobody else gets what is picked.
local slots, pickMs, jobPrefix = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
-- Returns {'job', id of the one to take next, its fence, 1 where BullMQ gives it out next anyway}, {'full'} where some
-- wait and none may have a slot now, or {'empty'}.
${nowLocal}
-- What was picked stands there and in line, until it is opened. The list is BullMQ's, and may be anything.
if redis.call('TYPE', front).ok == 'list' then
  local ahead = redis.call('LRANGE', front, -64, -1)
  for i = #ahead, 1, -1 do
    if not redis.call('ZSCORE', waiting, ahead[i]) then
      local fine, fence = pcall(redis.call, 'HGET', jobPrefix .. ahead[i], 'fence')
      return {'job', ahead[i], fine and fence or 0, i == #ahead and 1 or 0}
    end
  end
end

redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
local virtualNow, owners = unpack(redis.call('HMGET', fair, 'now', 'owners'))
local taken, total, holds = {}, 0, {}
for _, member in ipairs(redis.call('ZRANGE', held, 0, -1)) do
  taken[member] = true
  holds[string.match(member, '^[^:]*')] = true
  total = total + 1
end
local kept = tonumber(owners or 0) > 1 and math.floor(slots / 4) or 0
local onlyNew = kept > 0 and slots - total <= kept

-- One who holds nothing has a start near now, so it is found near the front.
for first = 0, 480, 32 do
  local ids = redis.call('ZRANGE', waiting, first, first + 31, 'WITHSCORES')
  for i = 1, #ids, 2 do
    -- One whose record is something else is taken, too: whoever opens it tells its readers.
    local fine, job = pcall(redis.call, 'HMGET', jobPrefix .. ids[i], 'owner', 'fence')
    if not fine then job = {} end
    local owner = job[1] or ''
    local member = owner .. ':' .. ids[i]
    if not taken[member] and not (onlyNew and holds[owner]) then
      redis.call('ZADD', held, now + pickMs, member)
      redis.call('HSET', fair, 'now', math.max(tonumber(virtualNow or 0), tonumber(ids[i + 1])))
      return {'job', ids[i], job[2] or 0, 0}
    end
  end
  if #ids < 64 then break end
end
return {redis.call('EXISTS', waiting) == 1 and 'full' or 'empty'}
`
