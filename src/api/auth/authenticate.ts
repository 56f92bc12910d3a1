// The check of keys: every request behind it has a caller. It runs before a body is read, and costs one SHA-256 whatever
// is sent and no question to Redis, so that wrong keys can't slow those who have a right one.

import type { Request, RequestHandler, Response } from 'express'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '../../errors.ts'
import { type Caller, callerOf, isOperator, setCaller } from './caller.ts'
import type { KeyRing } from './key-ring.ts'
import type { Tickets } from './tickets.ts'

/** Wrong keys an address may try in a minute; further ones are answered with 429. A right key always passes. */
const triesPerMinute = 30
/** Reading as much costs less than another connection. */
const smallBodyBytes = 64 * 1024
const longestKey = 1024

export interface AuthDeps {
  keys: KeyRing
  tickets: Tickets
}

/** Gives every request its caller, or ends it with `unauthorized` or, from an address that keeps guessing, `rate_limited`. */
export function authenticate({ keys, tickets }: AuthDeps): RequestHandler {
  const wrong = new RateLimiterMemory({ points: triesPerMinute, duration: 60 })
  return async (request, response, next) => {
    if (!keys.required) {
      setCaller(request, { kind: 'anyone' })
      next()
      return
    }
    const key = presentedKey(request)
    const ticket = key === null ? presentedTicket(request) : null
    const caller = key === null ? await ofTicket(ticket, tickets) : keys.find(key)
    if (caller) {
      setCaller(request, caller)
      next()
      return
    }
    response.set('WWW-Authenticate', isPage(request) ? 'Basic realm="WorkflowAI"' : 'Bearer')
    const tried = key ?? ticket
    if (tried !== null) await countWrong(wrong, request, response)
    throw tried === null
      ? missing(request)
      : new AppError('unauthorized', `the ${key === null ? 'ticket' : 'key'} is not known or has expired`)
  }
}

/** Behind authenticate: operators only. Without an ADMIN_KEY every key is an operator's. */
export function requireAdmin(keys: KeyRing): RequestHandler {
  return (request, _response, next) => {
    if (isOperator(callerOf(request), keys.hasAdmin)) next()
    else next(new AppError('forbidden', `${request.baseUrl}${request.path} needs the admin key`))
  }
}

/** From `Authorization: Bearer`, else from `x-api-key`; null: none was sent. */
function presentedKey(request: Request): string | null {
  const header = request.get('authorization')
  const key = header === undefined ? request.get('x-api-key') : (keyIn(header, isPage(request)) ?? '')
  // Longer than any key: not worth a hash of 16 KB.
  return key === undefined ? null : key.slice(0, longestKey)
}

function keyIn(header: string, basic: boolean): string | undefined {
  const password = basic ? /^Basic +([\w+/=]+) *$/i.exec(header)?.[1] : undefined
  if (password === undefined) return /^Bearer +(\S+) *$/i.exec(header)?.[1]
  return /:(.*)$/s.exec(Buffer.from(password, 'base64').toString())?.[1]
}

/** A person opens it in a browser, which asks for a password: the key is that, the user's name may be any. */
function isPage({ path }: Request): boolean {
  return /^\/admin\//i.test(path)
}

/** Tickets are for one route: whatever else carries one gets no further than without. */
function presentedTicket({ method, path, query }: Request): string | null {
  const { ticket } = query
  return method === 'GET' && /^\/jobs\/[^/]+\/stream$/.test(path) && typeof ticket === 'string' ? ticket : null
}

async function ofTicket(ticket: string | null, tickets: Tickets): Promise<Caller | null> {
  const job = ticket === null ? null : await tickets.jobOf(ticket)
  return job === null ? null : { kind: 'ticket', job }
}

/** @throws AppError `rate_limited` for an address beyond its tries */
async function countWrong(wrong: RateLimiterMemory, request: Request, response: Response): Promise<void> {
  try {
    await wrong.consume(request.ip ?? '')
  } catch (refused) {
    // A large body is not worth the reading; who has tries left may send it whole and see the answer.
    if (!bodyIsSmall(request)) response.set('Connection', 'close')
    const retryAfterSeconds = (refused as RateLimiterRes).msBeforeNext / 1000
    throw new AppError('rate_limited', 'too many wrong keys from this address', { retryAfterSeconds })
  }
}

function bodyIsSmall({ headers }: Request): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= smallBodyBytes
}

function missing(request: Request): AppError {
  const message = `${request.path.slice(0, 100)} needs an API key; send it as Authorization: Bearer KEY or as x-api-key`
  return new AppError('unauthorized', message, { field: 'Authorization' })
}
