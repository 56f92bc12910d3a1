// Anyone with access to Redis can write into the keys that all jobs share: no request fails for it.

import { beforeEach, describe, expect, it } from 'vitest'
import { keys, type Stack } from './stack.ts'
import { useStack } from './use-stack.ts'

let stack: Stack
useStack((opened) => {
  stack = opened
})
beforeEach(async () => {
  await stack.redis.flushall()
  stack.dropped.length = 0
})

const owner = 'alice'
const admit = () => stack.admit({ id: `job_${Math.random()}`, owner, promptTokens: 5 }, { owners: 2 })

describe('a shared key that holds something else', () => {
  it.each([...keys.line, keys.recent(null), keys.recent(owner)])(
    'is dropped, and the job admitted and counted once: %s',
    async (key) => {
      await stack.redis.pfadd(key, 'what none of them is, nor a number')
      expect(await admit()).toMatchObject({ verdict: 'admitted' })
      expect(stack.dropped).toEqual([key])
      expect(await stack.redis.get(keys.admittedTokensTotal)).toBe('5')
    },
  )

  it('is dropped once where several requests find it', async () => {
    await stack.redis.set(keys.admittedTokensTotal, 7)
    const verdicts = (await Promise.all([admit(), admit(), admit()])).map(({ verdict }) => verdict)
    expect(verdicts).toEqual(['admitted', 'admitted', 'admitted'])
    expect(await stack.redis.get(keys.admittedTokensTotal)).toBe('15')
  })

  it.each([
    ['the sum of tokens', () => stack.redis.set(keys.admittedTokensTotal, 'null'), keys.admittedTokensTotal],
    ['the sum of tokens, endless', () => stack.redis.set(keys.admittedTokensTotal, 'inf'), keys.admittedTokensTotal],
    ['the sum of the tokens of no job', () => stack.redis.set(keys.admittedTokensTotal, 7), keys.admittedTokensTotal],
    ['the virtual time', () => stack.redis.hset(keys.fair, 'now', 'soon'), keys.fair],
    ['the virtual time, no number', () => stack.redis.hset(keys.fair, 'now', 'nan'), keys.fair],
    ['the count of an owner', () => stack.redis.hset(keys.owners, `jobs ${owner}`, 'many'), keys.owners],
  ])('also where only a value in it is wrong: %s', async (_, damage, key) => {
    await damage()
    expect(await admit()).toMatchObject({ verdict: 'admitted' })
    expect(stack.dropped).toEqual([key])
  })

  it('takes the counts of the admitted jobs with it, which are counted anew', async () => {
    for (let i = 0; i < 3; i++) await admit()
    await stack.redis.set(keys.owners, 'text')
    await admit()
    expect(await stack.redis.hgetall(keys.owners)).toEqual({ [`jobs ${owner}`]: '4', [`tokens ${owner}`]: '20' })
    expect(await stack.redis.get(keys.admittedTokensTotal)).toBe('20')
  })

  it('does not leave counted what nobody can end any more', async () => {
    await admit()
    await stack.redis.set(keys.admitted, 'text')
    await admit()
    expect(await stack.redis.get(keys.admittedTokensTotal)).toBe('5')
    expect(await stack.redis.hlen(keys.admittedTokens)).toBe(1)
  })

  it('is no reason for another refusal of Redis, which is told as it is', async () => {
    await stack.redis.config('SET', 'maxmemory', '1')
    try {
      await expect(admit()).rejects.toThrow(/OOM/)
      expect(stack.dropped).toEqual([])
    } finally {
      await stack.redis.config('SET', 'maxmemory', '0')
    }
  })
})
