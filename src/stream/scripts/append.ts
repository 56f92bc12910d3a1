// Appending events to the logs of many jobs in one round trip, and publishing them.
//
// Idempotent, because ioredis resends a command whose reply was lost: an event's seq is its stream id, and one that the
// same attempt has written before is skipped. After a terminal event everything is refused.
// Flagged allow-oom: a Redis that is full takes no new job, but what is running may finish.

import { finishFunction, lineKeys, nowLocal } from './parts.ts'

export const appendScript = `#!lua flags=allow-oom
-- KEYS: ${lineKeys}, then per job: job, log, lease, payload
-- ARGV: regrant, then per job: id, channel, attempt, first seq, count, count times (kind, event as JSON)
--       kind: token | other | completed | cancelled | failed; the last three are terminal
-- Returns per job {last seq, verdict};
-- verdict: ok | missing | ended | fenced | gap | cancelled | abandoned | damaged (its keys hold something else)
${nowLocal}
local terminal = { completed = true, cancelled = true, failed = true }

${finishFunction}
local function append(id, channel, job, log, lease, payload, attempt, first, events)
  local r = redis.call('HMGET', job, 'fence', 'last', 'ended_at', 'cancelled', 'on_disconnect', 'lease_ms',
    'first_token_at', 'tokens', 'fruitless')
  if not (r[1] and r[2]) then return {-1, 'missing'} end
  local last = tonumber(r[2])
  if r[3] then return {last, 'ended'} end
  if attempt < tonumber(r[1]) then return {last, 'fenced'} end
  if first > last + 1 then return {last, 'gap'} end

  local verdict = 'ok'
  if r[4] then
    verdict = 'cancelled'
  elseif r[5] == 'cancel' and redis.call('EXISTS', lease) == 0 then
    if ARGV[1] == '1' then redis.call('SET', lease, '1', 'PX', r[6]) else verdict = 'abandoned' end
  end

  local written, tokens, state = {}, 0, nil
  for i, event in ipairs(events) do
    -- A job that is to stop takes nothing but its end.
    if first + i - 1 == last + 1 and (verdict == 'ok' or terminal[event[1]]) then
      last = last + 1
      redis.call('XADD', log, '1-' .. (last + 1), 'e', event[2])
      written[#written + 1] = event[2]
      if event[1] == 'token' then tokens = tokens + 1 end
      if terminal[event[1]] then state = event[1]; break end
    end
  end
  if #written > 0 then
    -- One command: each is another record of Redis's log on disk, for every token of every job.
    local fields = {'last', last}
    local function set(name, value)
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
    if tokens > 0 then
      set('tokens', tonumber(r[8]) + tokens)
      if not r[7] then set('first_token_at', now) end
    end
    if not state and r[9] ~= '0' then set('fruitless', 0) end
    redis.call('HSET', job, unpack(fields))
    if state then finish(id, job, log, lease, payload, state) end
    redis.call('PUBLISH', channel, '[' .. table.concat(written, ',') .. ']')
  end
  return {last, verdict}
end

local results, arg, key = {}, 2, 9
while arg <= #ARGV do
  local id, channel, attempt, first, count =
    ARGV[arg], ARGV[arg + 1], tonumber(ARGV[arg + 2]), tonumber(ARGV[arg + 3]), tonumber(ARGV[arg + 4])
  local events = {}
  for i = 1, count do events[i] = { ARGV[arg + 3 + 2 * i], ARGV[arg + 4 + 2 * i] } end
  -- One job whose keys are damaged must not take down the others of this step.
  local fine, result =
    pcall(append, id, channel, KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], attempt, first, events)
  results[#results + 1] = fine and result or {-1, 'damaged'}
  arg, key = arg + 5 + 2 * count, key + 4
end
return results
`
