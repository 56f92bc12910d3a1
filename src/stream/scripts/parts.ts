// Pieces of Lua that several scripts share.

/** Redis's own clock, ms since the epoch: the machines' clocks differ. */
export const nowLocal = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/**
 * What ends with a job: its place in the bounds and in the line, its lease, and the long expiry of all that names it. Needs `now`, and
 * KEYS: admitted, admitted-tokens, admitted-tokens-total, waiting, rate.
 */
export const finishFunction = `local function finish(id, job, log, lease, payload, state)
  local r = redis.call('HMGET', job, 'ttl_ms', 'opened_at', 'idempotency')
  redis.call('HSET', job, 'state', state, 'ended_at', now)
  redis.call('PEXPIRE', job, r[1])
  redis.call('PEXPIRE', log, r[1])
  -- By its name in the record: it has the hash tag of all keys.
  if r[3] then redis.call('PEXPIRE', r[3], r[1]) end
  redis.call('DEL', lease, payload)
  redis.call('ZREM', KEYS[4], id)
  if redis.call('ZREM', KEYS[1], id) == 1 then
    redis.call('DECRBY', KEYS[3], tonumber(redis.call('HGET', KEYS[2], id)) or 0)
    redis.call('HDEL', KEYS[2], id)
  end
  if state == 'completed' and r[2] then
    local held = now - tonumber(r[2])
    local before = tonumber(redis.call('HGET', KEYS[5], 'hold_ms') or held)
    redis.call('HSET', KEYS[5], 'hold_ms', string.format('%.1f', before * 0.9 + held * 0.1))
  end
end`
