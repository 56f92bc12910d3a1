// A Redis of its own and the stream layer over it, for the tests of a file or of a `describe`.

import { beforeAll } from 'vitest'
import { startTestRedis, type TestRedis, type TestRedisOptions } from '../support/redis.ts'
import { openStack, type Stack } from './stack.ts'

/** Opened before the tests, which get it by `onOpen`, and closed behind their own `afterAll`. */
export function useStack(onOpen: (stack: Stack, redis: TestRedis) => void, options: TestRedisOptions = {}): void {
  beforeAll(async () => {
    const redis = await startTestRedis(options)
    const stack = await openStack(redis.url)
    onOpen(stack, redis)
    return async () => {
      await stack.close()
      await redis.stop()
    }
  })
}
