// What one key may ask for in a minute: so many requests, so many tokens. Counted in Redis for all API processes
// together; while Redis is away each counts for itself.

import type { Request, RequestHandler, Response } from 'express'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '../../errors.ts'
import type { Keys } from '../../stream/keys.ts'
import type { RedisClient } from '../../stream/redis.ts'
import { callerOf } from '../auth/caller.ts'
import type { TokenLedger } from './token-ledger.ts'

const windowSeconds = 60

/** @param perMinute 0: no limit */
export function openLimiter(redis: RedisClient, keys: Keys, what: 'requests' | 'tokens', perMinute: number) {
  if (perMinute === 0) return null
  const common = { points: perMinute, duration: windowSeconds, keyPrefix: `${keys.prefix}:limit-${what}` }
  return new RateLimiterRedis({
    ...common,
    ...{ storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter: new RateLimiterMemory(common) },
  })
}

/**
 * Takes points from a subject's minute and says in the headers what is left.
 * @throws AppError `rate_limited`
 */
export async function take(
  limiter: RateLimiterAbstract,
  what: 'requests' | 'tokens',
  subject: string,
  points: number,
  response: Response,
): Promise<RateLimiterRes> {
  try {
    const left = await limiter.consume(subject, points)
    setHeaders(response, what, limiter.points, left)
    return left
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused
    // What was refused is not taken: a smaller request may still fit into this minute.
    await limiter.reward(subject, points)
    setHeaders(response, what, limiter.points, refused)
    const message = `allowed: ${limiter.points} ${what} a minute; try again later`
    throw new AppError('rate_limited', message, { retryAfterSeconds: refused.msBeforeNext / 1000 })
  }
}

/** The names and the form that OpenAI's clients know. */
function setHeaders(
  response: Response,
  what: string,
  limit: number,
  { remainingPoints, msBeforeNext }: RateLimiterRes,
) {
  response.set(`x-ratelimit-limit-${what}`, String(limit))
  response.set(`x-ratelimit-remaining-${what}`, String(remainingPoints))
  response.set(`x-ratelimit-reset-${what}`, `${Math.max(0, msBeforeNext) / 1000}s`)
}

/** For pages of other origins, which see no other headers than they are told of. */
export const rateLimitHeaders = ['requests', 'tokens'].flatMap((what) =>
  ['limit', 'remaining', 'reset'].map((part) => `x-ratelimit-${part}-${what}`),
)

export interface RateLimits {
  /** null: no limit. */
  requests: RateLimiterAbstract | null
  tokens: TokenLedger | null
}

/** Who is counted: the key, by its name; without keys the address. The admin key is not limited. */
function subjectOf(request: Request): string | null {
  const caller = callerOf(request)
  if (caller.kind === 'admin') return null
  return caller.kind === 'key' ? `key:${caller.name}` : `address:${request.ip}`
}

/** Behind authenticate, before any body is read: every POST but that for a ticket counts. */
export function limitRequests({ requests, tokens }: RateLimits): RequestHandler {
  return async (request, response, next) => {
    const subject = request.method === 'POST' && !/\/ticket\/?$/i.test(request.path) ? subjectOf(request) : null
    if (subject !== null) {
      tokens?.open(request, response, subject)
      if (requests) await take(requests, 'requests', subject, 1, response)
    }
    next()
  }
}
