// The small scripts around a running job: stop it, keep it wanted, hand it back.
//
// A job's `cancelled` says why it is to stop: '1' because somebody asked for it, 'unread' because its readers left. The
// first reason stays.

import { nowLocal } from './parts.ts'

export const cancelScript = `#!lua flags=allow-oom
-- Marks the job as to be stopped. Returns {state, last seq, now}; state 'missing' where there is no such job.
local job = KEYS[1]
${nowLocal}
local r = redis.call('HMGET', job, 'state', 'last', 'ended_at')
if not (r[1] and r[2]) then return {'missing', -1, now} end
if r[3] then return {r[1], tonumber(r[2]), now} end
redis.call('HSETNX', job, 'cancelled', 1)
return {r[1], tonumber(r[2]), now}
`

export const cancelUnreadScript = `#!lua flags=allow-oom
-- Marks the job, whose readers at this API have left, as to be stopped, unless another API has had readers, too: those
-- are known by the lease only. Returns 1 where it is to stop.
local job, lease = unpack(KEYS)
local api = ARGV[1]
local r = redis.call('HMGET', job, 'on_disconnect', 'ended_at')
if not r[1] or r[2] or (r[1] == 'cancel' and redis.call('GET', lease) ~= api) then return 0 end
redis.call('HSETNX', job, 'cancelled', 'unread')
return 1
`

export const renewScript = `#!lua flags=allow-oom
-- KEYS: per job: job, lease
-- Renews the readers' lease of jobs that still run and that stop without readers. It names the API that admitted the
-- job until another renews it, and then nobody: who has readers, or had some when it lapsed, is not known.
local api = ARGV[1]
local function renew(job, lease)
  local r = redis.call('HMGET', job, 'on_disconnect', 'lease_ms', 'ended_at')
  if r[1] ~= 'cancel' or r[3] then return end
  local fine, named = pcall(redis.call, 'GET', lease)
  redis.call('SET', lease, fine and named == api and api or '', 'PX', r[2])
end
-- A damaged job must not cost the others their leases.
for i = 1, #KEYS, 2 do pcall(renew, KEYS[i], KEYS[i + 1]) end
return #KEYS / 2
`

export const handBackScript = `#!lua flags=allow-oom
-- A worker gives its job up in good order: back to its place in the line. blameless: 1 where it is not the job's doing,
-- so that no attempt was fruitless.
local job, waiting, held = unpack(KEYS)
local id, attempt, blameless = unpack(ARGV)
local r = redis.call('HMGET', job, 'fence', 'start', 'ended_at', 'owner')
if not (r[1] and r[2]) or r[3] or tonumber(r[1]) ~= tonumber(attempt) then return 0 end
redis.call('HSET', job, 'state', 'queued')
if blameless == '1' then redis.call('HSET', job, 'fruitless', 0) end
redis.call('HDEL', job, 'worker')
redis.call('ZADD', waiting, r[2], id)
redis.call('ZREM', held, (r[4] or '') .. ':' .. id)
return 1
`
