// Drops keys that all jobs share and that hold something else than they should: anyone with access to Redis can write
// there, and one such key would fail every request. Workers and averages come back by themselves; what is counted of the
// admitted jobs is counted anew.

import { lineKeys } from './parts.ts'

/** The kinds of the keys, in their order: see KEYS. */
const kinds = [
  ...['zset', 'hash', 'string', 'zset', 'hash', 'hash', 'zset', 'hash'],
  ...['zset', 'hash', 'hash', 'zset', 'zset'],
]
const ofNumbers = { rate: 5, owners: 6, fair: 8, workerLoad: 11 }

export const mendScript = `#!lua flags=allow-oom
-- KEYS: ${lineKeys}, workers, worker info, worker load, recent, recent of the owner
-- Returns the names of the keys that were dropped
local dropped = {}
local function drop(i)
  redis.call('DEL', KEYS[i])
  dropped[#dropped + 1] = KEYS[i]
end
for i, kind in ipairs({ ${kinds.map((kind) => `'${kind}'`).join(', ')} }) do
  local found = redis.call('TYPE', KEYS[i]).ok
  if found ~= 'none' and found ~= kind then drop(i) end
end
for _, i in ipairs({ ${Object.values(ofNumbers).join(', ')} }) do
  for _, value in ipairs(redis.call('HVALS', KEYS[i])) do
    if not tonumber(value) then
      drop(i)
      break
    end
  end
end
local total = redis.call('GET', KEYS[3])
if total and not tonumber(total) then drop(3) end
if #dropped == 0 then return dropped end
redis.call('DEL', KEYS[3], KEYS[6])
for _, entry in ipairs(redis.call('HVALS', KEYS[2])) do
  local tokens, owner = string.match(entry, '^(%d+) (.*)$')
  if tokens then
    redis.call('INCRBY', KEYS[3], tokens)
    redis.call('HINCRBY', KEYS[6], 'tokens ' .. owner, tokens)
    redis.call('HINCRBY', KEYS[6], 'jobs ' .. owner, 1)
  end
end
return dropped
`
