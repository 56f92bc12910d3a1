// Pieces of Lua that several scripts share.

import { lineNames } from '../keys.ts'

/** Redis's own clock, ms since the epoch: the machines' clocks differ. */
export const nowLocal = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/** Whether a value is a number that can be counted with: Lua also reads `nan` and `inf`. */
export const finiteFunction = `local function finite(value)
  local number = tonumber(value)
  return number ~= nil and number == number and math.abs(number) < math.huge
end`

const lineLocals = lineNames.map((name) => name.replace(/-./g, ([, letter]) => letter!.toUpperCase()))

/**
 * Names what a script is given: first the keys of the bounds and the line, then `more`.
 *
 * The line is fair between owners (start-time fair queueing): a job costs the tokens it may use, and begins in virtual
 * time where its owner's job before it ends, but not before now. The line is sorted by these beginnings, so owners with
 * jobs in it get the same share of tokens however many jobs each has there; one who comes new stands at the front.
 */
export function lineKeys(...more: string[]): string {
  const names = [...lineLocals, ...more]
  return `local ${names.join(', ')} = unpack(KEYS, 1, ${names.length})`
}

/** Takes a job out of the bounds and out of its worker's hands, once. Needs `lineKeys`. */
export const leaveFunction = `local function leave(id)
  if redis.call('ZREM', admitted, id) == 0 then return end
  local tokens, owner = string.match(redis.call('HGET', admittedTokens, id) or '', '^(%d+) (.*)$')
  redis.call('HDEL', admittedTokens, id)
  if not tokens then return end
  redis.call('DECRBY', admittedTokensTotal, tokens)
  redis.call('HINCRBY', owners, 'tokens ' .. owner, -tokens)
  if redis.call('HINCRBY', owners, 'jobs ' .. owner, -1) <= 0 then
    redis.call('HDEL', owners, 'jobs ' .. owner, 'tokens ' .. owner)
  end
  redis.call('ZREM', held, owner .. ':' .. id)
end`

/**
 * What ends with a job: its place in the bounds and in the line, its lease, and the long expiry of all that names it.
 * Needs `now` and `lineKeys`. Each step stands for itself: whatever one of the keys holds instead, the job has ended,
 * and the others are seen to.
 */
export const finishFunction = `${leaveFunction}
local function finish(id, job, log, lease, payload, state)
  local r = redis.call('HMGET', job, 'ttl_ms', 'opened_at', 'idempotency', 'owner', 'cost', 'cancelled')
  redis.call('HSET', job, 'state', state, 'ended_at', now)
  pcall(redis.call, 'PEXPIRE', job, r[1])
  pcall(redis.call, 'PEXPIRE', log, r[1])
  -- By its name in the record: it has the hash tag of all keys. After a stop that nobody asked for there is no answer to
  -- give again: the same request starts another job.
  if r[3] and state == 'cancelled' and r[6] ~= '1' then
    pcall(redis.call, 'DEL', r[3])
  elseif r[3] then
    pcall(redis.call, 'PEXPIRE', r[3], r[1])
  end
  redis.call('DEL', lease, payload)
  pcall(redis.call, 'ZREM', waiting, id)
  pcall(leave, id)
  -- What was never computed is not counted against its owner.
  if r[4] and r[5] and not r[2] then pcall(redis.call, 'HINCRBYFLOAT', fair, 'ends ' .. r[4], -r[5]) end
  local openedAt = tonumber(r[2] or '')
  if openedAt then pcall(redis.call, 'HINCRBY', rate, 'ended', 1) end
  if state == 'completed' and openedAt then
    pcall(function()
      local heldMs = now - openedAt
      local before = tonumber(redis.call('HGET', rate, 'hold_ms') or heldMs) or heldMs
      redis.call('HSET', rate, 'hold_ms', string.format('%.1f', before * 0.9 + heldMs * 0.1))
    end)
  end
end`
