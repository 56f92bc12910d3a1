// The cases in Redis, by scope: everyone's, and those of one API key that only it sees. Each change raises the scope's
// version, by which a process knows whether what it holds is still all of it.

import { AppError } from '../errors.ts'
import { adminName } from '../setting-keys.ts'
import type { Keys } from '../stream/keys.ts'
import type { RedisClient } from '../stream/redis.ts'
import { type KnowledgeCase, knowledgeCaseSchema } from './case.ts'

/** Everyone's cases. */
export const sharedScope = ''

/** The scope of whose job it is: without keys, and for the admin key, everyone's. */
export function scopeOf(owner: string): string {
  return owner === adminName ? sharedScope : owner
}

/** Cases that a scope may hold: every process keeps them in memory. */
const maxCases = 2000

const putScript = `
-- KEYS: cases, versions      ARGV: scope, most, then per case: id, JSON
-- All or none. Returns 1, or 0 where the scope would hold too many.
local added = 0
for i = 3, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 0 then added = added + 1 end
end
if redis.call('HLEN', KEYS[1]) + added > tonumber(ARGV[2]) then return 0 end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
return 1
`

const verdictScript = `
-- KEYS: job, votes, versions      ARGV: scope, vote (1 or -1), then ids of cases
-- Counts a verdict on a job once: a later one takes the place of the earlier.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local vote = tonumber(ARGV[2])
local change = vote - tonumber(redis.call('HGET', KEYS[1], 'vote') or '0')
if change == 0 then return 0 end
redis.call('HSET', KEYS[1], 'vote', vote)
for i = 3, #ARGV do redis.call('HINCRBY', KEYS[2], ARGV[i], change) end
redis.call('HINCRBY', KEYS[3], ARGV[1], 1)
return 1
`

/** What a scope holds at one version. */
export interface ScopeContent {
  version: string
  /** JSON by id, unchecked. */
  cases: Record<string, string>
  votes: Map<string, number>
  /** Of the shared scope: cases of the program that are gone. */
  removed: string[]
}

type Script = (keys: number, ...args: (string | number)[]) => Promise<unknown>

export class CaseStore {
  readonly #redis: RedisClient
  readonly #keys: Keys

  constructor(redis: RedisClient, keys: Keys) {
    this.#redis = redis
    this.#keys = keys
    redis.defineCommand('wfPutCases', { lua: putScript })
    redis.defineCommand('wfVerdict', { lua: verdictScript })
  }

  /** The scope's content; null where it still is that of the version. */
  async load(scope: string, version: string | null): Promise<ScopeContent | null> {
    const k = this.#keys
    const now = (await this.#redis.hget(k.knowledgeVersions, scope)) ?? '0'
    if (now === version) return null
    // A change in between is loaded now and, because the version is older, once more.
    const [cases, votes, removed] = await Promise.all([
      this.#redis.hgetall(k.knowledge(scope)),
      this.#redis.hgetall(k.knowledgeVotes(scope)),
      scope === sharedScope ? this.#redis.smembers(k.knowledgeRemoved) : [],
    ])
    const counted = Object.entries(votes).map(([id, count]): [string, number] => [id, Number(count) || 0])
    return { version: now, cases, votes: new Map(counted), removed }
  }

  /** @throws AppError `queue_full` where the scope would hold too many */
  async put(scope: string, cases: readonly KnowledgeCase[]): Promise<void> {
    const args = cases.flatMap((each) => [each.id, JSON.stringify(each)])
    const keys = [this.#keys.knowledge(scope), this.#keys.knowledgeVersions]
    if ((await this.#script('wfPutCases')(2, ...keys, scope, maxCases, ...args)) === 1) return
    const message = `the knowledge base would hold more than ${maxCases} cases; delete some of /knowledge first`
    throw new AppError('queue_full', message, { retryAfterSeconds: 3600 })
  }

  /** Whether the scope had it. */
  async remove(scope: string, id: string): Promise<boolean> {
    const k = this.#keys
    const gone = await this.#redis.hdel(k.knowledge(scope), id)
    if (gone === 0) return false
    await Promise.all([
      this.#redis.hdel(k.knowledgeVotes(scope), id),
      this.#redis.hdel(k.knowledgeSeen(scope), id),
      this.#redis.hdel(k.knowledgeVectors(scope), id),
      this.#redis.hincrby(k.knowledgeVersions, scope, 1),
    ])
    return true
  }

  /** For everyone, a case that came with the program. */
  async removeSeed(id: string): Promise<void> {
    await this.#redis.sadd(this.#keys.knowledgeRemoved, id)
    await this.#redis.hincrby(this.#keys.knowledgeVersions, sharedScope, 1)
  }

  /** What somebody said about the cases that an analysis named; counted once for each job. */
  async vote(scope: string, jobId: string, vote: 1 | -1, ids: readonly string[]): Promise<void> {
    const k = this.#keys
    const keys = [k.job(jobId), k.knowledgeVotes(scope), k.knowledgeVersions]
    await this.#script('wfVerdict')(3, ...keys, scope, vote, ...ids)
  }

  /** Counts a failure with the case's signature. @returns how many there were before */
  async see(scope: string, id: string): Promise<number> {
    return (await this.#redis.hincrby(this.#keys.knowledgeSeen(scope), id, 1)) - 1
  }

  /** As `keepVectors` was given them; null for those that have none. */
  async vectors(scope: string, ids: readonly string[]): Promise<(string | null)[]> {
    return this.#redis.hmget(this.#keys.knowledgeVectors(scope), ...ids)
  }

  /** @param vectors ids and what is kept for them */
  async keepVectors(scope: string, vectors: readonly [id: string, vector: string][]): Promise<void> {
    await this.#redis.hset(this.#keys.knowledgeVectors(scope), ...vectors.flat())
  }

  #script(name: string): Script {
    const commands = this.#redis as unknown as Record<string, Script>
    return (...args) => commands[name]!.call(this.#redis, ...args)
  }
}

/** null where Redis holds something else than this service writes: it is then no case. */
export function parseCase(id: string, json: string): KnowledgeCase | null {
  try {
    const parsed = knowledgeCaseSchema.safeParse(JSON.parse(json))
    return parsed.success && parsed.data.id === id ? parsed.data : null
  } catch {
    return null
  }
}
