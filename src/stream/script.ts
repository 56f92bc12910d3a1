// A Lua script as a function: ioredis loads it once and calls it by its hash.

import type { RedisClient } from './redis.ts'

/** Its arguments: how many keys, the keys, the others. */
export type Script = (...args: (string | number)[]) => Promise<unknown>

export function defineScript(redis: RedisClient, name: string, lua: string): Script {
  redis.defineCommand(name, { lua })
  const commands = redis as unknown as Record<string, Script>
  return (...args) => commands[name]!.call(redis, ...args)
}
