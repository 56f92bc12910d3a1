// What Redis still has when every job has ended: nothing may count one any more, and nothing may name one for longer than the
// TTL.

import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { keysOf, queueName } from '../../src/stream/keys.ts'

export interface TtlOptions {
  /** Of the service: how long finished streams are kept. */
  ttlMs: number
  /** Whether to wait until nothing names a job any more, or only to see that everything will have expired by then. */
  waitForTtl: boolean
}

/** Workers come to what has ended without them within seconds. */
const tidyingLimitMs = 30_000

/** What Redis has of a job that did not end. */
export async function whereabouts(url: string, id: string): Promise<string> {
  const redis = new Redis(url)
  const queue = '{workflowai}:queue'
  const [record, events, job, lock, active, waiting] = await Promise.all([
    redis.hgetall(`{workflowai}:job:${id}`),
    redis.xlen(`{workflowai}:log:${id}`),
    redis.hgetall(`${queue}:${id}`),
    redis.get(`${queue}:${id}:lock`),
    redis.lrange(`${queue}:active`, 0, -1),
    redis.lrange(`${queue}:wait`, 0, -1),
  ])
  redis.disconnect()
  return JSON.stringify({ id, record, events, job, lock, active: active.includes(id), waiting: waiting.includes(id) })
}

/** @returns what still names a job after the TTL, or still counts one */
export async function leftAfterTtl(url: string, ids: string[], { ttlMs, waitForTtl }: TtlOptions): Promise<string[]> {
  const redis = new Redis(url)
  try {
    let left: string[] = []
    for (const giveUpAt = Date.now() + tidyingLimitMs + (waitForTtl ? ttlMs : 0); ; await sleep(250)) {
      left = await leftOf(redis, ids, waitForTtl ? 0 : ttlMs)
      if (left.length === 0 || Date.now() > giveUpAt) return left.slice(0, 20)
    }
  } finally {
    redis.disconnect()
  }
}

/** @param withinMs keys that expire within this are as good as gone */
async function leftOf(redis: Redis, ids: string[], withinMs: number): Promise<string[]> {
  const named = (await redis.keys('*')).filter(
    (key) => ids.some((id) => key.includes(id)) || key.includes(':idempotency:'),
  )
  const lives = await Promise.all(named.map((key) => redis.pttl(key)))
  const staying = named.filter((_, index) => lives[index] === -1 || Number(lives[index]) > withinMs)
  const keys = keysOf()
  const bull = (list: string) => `${keys.prefix}:${queueName}:${list}`
  const numbers = {
    ...{ admitted: redis.zcard(keys.admitted), waiting: redis.zcard(keys.waiting), held: redis.zcard(keys.held) },
    ...{ owners: redis.hlen(keys.owners), 'admitted-tokens': redis.hlen(keys.admittedTokens) },
    'admitted-tokens-total': redis.get(keys.admittedTokensTotal).then(Number),
    ...{ active: redis.llen(bull('active')), wait: redis.llen(bull('wait')), paused: redis.llen(bull('paused')) },
    prioritized: redis.zcard(bull('prioritized')),
  }
  const counts = await Promise.all(Object.entries(numbers).map(async ([name, count]) => [name, await count] as const))
  return [
    ...staying.map((key) => `after the TTL there is still the key ${key}`),
    ...counts.filter(([, count]) => count !== 0).map(([name, count]) => `${name} still counts ${count}`),
  ]
}
