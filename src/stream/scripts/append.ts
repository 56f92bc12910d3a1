// Appending events to the logs of many jobs in one round trip, and publishing them.
//
// Idempotent, because ioredis resends a command whose reply was lost: an event's seq is its stream id, and one that the
// same attempt has written before is skipped. After a terminal event everything is refused.
// Flagged allow-oom: a Redis that is full takes no new job, but what is running may finish.

import { lineNames } from '../keys.ts'
import { finishFunction, lineKeys, nowLocal } from './parts.ts'

export const appendScript = `#!lua flags=allow-oom
-- KEYS: those of the line, then per job: job, log, lease, payload
${lineKeys()}
local regrant, channelPrefix = ARGV[1], ARGV[2]
-- ARGV: these, then per job: id, attempt, first seq, count, count times (kind, event as JSON)
--       kind: token | other | completed | cancelled | failed; the last three are terminal
-- Returns for each job two values, last seq and verdict;
-- verdict: ok | missing | ended | fenced | gap | cancelled | abandoned | damaged (its keys hold something else)
${nowLocal}
local terminal = { completed = true, cancelled = true, failed = true }

${finishFunction}
-- Its events are the values from ARGV[arg] on.
local function append(id, job, log, lease, payload, attempt, first, arg, count)
  local r = redis.call('HMGET', job, 'fence', 'last', 'tokens', 'fruitless', 'on_disconnect', 'ended_at', 'cancelled')
  if not (r[1] and r[2]) then return -1, 'missing' end
  local last = tonumber(r[2])
  if r[6] then return last, 'ended' end
  if attempt < tonumber(r[1]) then return last, 'fenced' end
  if first > last + 1 then return last, 'gap' end

  local verdict = 'ok'
  if r[7] then
    verdict = 'cancelled'
  elseif r[5] == 'cancel' and redis.call('EXISTS', lease) == 0 then
    if regrant == '1' then
      redis.call('SET', lease, '', 'PX', redis.call('HGET', job, 'lease_ms'))
    else
      verdict = 'abandoned'
    end
  end

  local written, tokens, state = {}, 0, nil
  for i = 0, count - 1 do
    local kind, event = ARGV[arg + 2 * i], ARGV[arg + 2 * i + 1]
    -- A job that is to stop takes nothing but its end.
    if first + i == last + 1 and (verdict == 'ok' or terminal[kind]) then
      last = last + 1
      redis.call('XADD', log, '1-' .. (last + 1), 'e', event)
      written[#written + 1] = event
      if kind == 'token' then tokens = tokens + 1 end
      if terminal[kind] then state = kind; break end
    end
  end
  if #written > 0 then
    -- One command: each is another record of Redis's log on disk, for every token of every job.
    local fields = {'last', last}
    if tokens > 0 then
      fields[3], fields[4] = 'tokens', tonumber(r[3]) + tokens
      if r[3] == '0' then fields[5], fields[6] = 'first_token_at', now end
    end
    if not state and r[4] ~= '0' then
      fields[#fields + 1] = 'fruitless'
      fields[#fields + 1] = 0
    end
    if state == 'completed' then
      -- What was admitted by an estimate has been counted. The decoder is stricter than JSON: else the estimate stays.
      local readable, done = pcall(cjson.decode, written[#written])
      for _, name in ipairs({ 'prompt_tokens', 'cached_tokens' }) do
        if readable then
          fields[#fields + 1] = name
          fields[#fields + 1] = done.usage[name]
        end
      end
    end
    redis.call('HSET', job, unpack(fields))
    if state then finish(id, job, log, lease, payload, state) end
    redis.call('PUBLISH', channelPrefix .. id, '[' .. table.concat(written, ',') .. ']')
  end
  return last, verdict
end

local results, arg, key = {}, 3, ${lineNames.length + 1}
while arg <= #ARGV do
  local count = tonumber(ARGV[arg + 3])
  -- One job whose keys are damaged must not take down the others of this step.
  local fine, last, verdict =
    pcall(append, ARGV[arg], KEYS[key], KEYS[key + 1], KEYS[key + 2], KEYS[key + 3],
      tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2]), arg + 4, count)
  results[#results + 1] = fine and last or -1
  results[#results + 1] = fine and verdict or 'damaged'
  arg, key = arg + 4 + 2 * count, key + 4
end
return results
`
