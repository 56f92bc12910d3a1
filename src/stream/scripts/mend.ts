// Drops keys that all jobs share and that hold something else than they should: anyone with access to Redis can write
// there, and one such key would fail every request. Workers and averages come back by themselves; what is counted of
// the admitted jobs is counted anew.

import { lineNames } from '../keys.ts'
import { finiteFunction, lineKeys } from './parts.ts'

/** What each of them holds, by the end of its key; `numbers` is a hash in which every value is one. */
const kinds: Record<string, 'zset' | 'hash' | 'string' | 'numbers'> = {
  admitted: 'zset',
  'admitted-tokens': 'hash',
  'admitted-tokens-total': 'string',
  waiting: 'zset',
  rate: 'numbers',
  owners: 'numbers',
  held: 'zset',
  fair: 'numbers',
  workers: 'zset',
  'worker-info': 'hash',
  'worker-load': 'numbers',
  metrics: 'numbers',
  recent: 'zset',
  'recent of the owner': 'zset',
}
const names = [...lineNames, 'workers', 'worker-info', 'worker-load', 'metrics', 'recent', 'recent of the owner']

export const mendScript = `#!lua flags=allow-oom
-- KEYS: ${names.join(', ')}
-- Returns the names of the keys that were dropped
${finiteFunction}
local dropped = {}
local function drop(i)
  redis.call('DEL', KEYS[i])
  dropped[#dropped + 1] = KEYS[i]
end
for i, kind in ipairs({ ${names.map((name) => `'${kinds[name]}'`).join(', ')} }) do
  local found, numbers = redis.call('TYPE', KEYS[i]).ok, kind == 'numbers'
  if found ~= 'none' and found ~= (numbers and 'hash' or kind) then
    drop(i)
  elseif numbers then
    for _, value in ipairs(redis.call('HVALS', KEYS[i])) do
      if not finite(value) then
        drop(i)
        break
      end
    end
  end
end
${lineKeys()}
local total = redis.call('GET', admittedTokensTotal)
local noJobs = redis.call('ZCARD', admitted) == 0
if total and (not finite(total) or noJobs and tonumber(total) ~= 0) then
  drop(${lineNames.indexOf('admitted-tokens-total') + 1})
end
if #dropped == 0 then return dropped end
redis.call('DEL', admittedTokensTotal, owners)
local entries = redis.call('HGETALL', admittedTokens)
for i = 1, #entries, 2 do
  local tokens, owner = string.match(entries[i + 1], '^(%d+) (.*)$')
  if not tokens or not redis.call('ZSCORE', admitted, entries[i]) then
    redis.call('HDEL', admittedTokens, entries[i])
  else
    redis.call('INCRBY', admittedTokensTotal, tokens)
    redis.call('HINCRBY', owners, 'tokens ' .. owner, tokens)
    redis.call('HINCRBY', owners, 'jobs ' .. owner, 1)
  end
end
return dropped
`
