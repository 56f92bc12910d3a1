// A storm: random faults over many streams, each watched by a witness, and what is left when everything has ended.

import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Fault, FaultyService, Place } from './faulty-service.ts'
import { Random } from './random.ts'
import { cuts } from './redis-wire.ts'
import { type OrderedGeneration, referenceTexts } from './reference.ts'
import { type Order, Witness } from './witness.ts'

export interface StormOptions {
  seed: number
  /** Streams that run at a time; one that has ended is followed by another until the faults are over. */
  streams: number
  /** SIGKILLs of APIs, workers, engines and Redis. Other faults come in between, one to three kills. */
  kills: number
  /** Mean time between two faults. */
  everyMs: number
  maxTokens: number
  /** Whether the model is the scripted one, whose every token is known beforehand. */
  scripted: boolean
  /** Of the service: how long finished streams are kept, and how long one goes on without readers. */
  ttlMs: number
  graceMs: number
  /** Whether to wait until nothing names a job any more, or only to see that everything will have expired by then. */
  waitForTtl: boolean
  say?: (line: string) => void
}

export interface Verdict {
  seed: number
  /** Counts by what was done to what: `kill api`. */
  faults: Record<string, number>
  kills: number
  streams: number
  events: number
  resumes: number
  largestGapMs: number
  /** Streams that were stopped when no API had served their readers for the grace. */
  unreached: number
  /** Empty when the promise was kept. */
  violations: string[]
}

/** After the last fault everything must end within this. */
const endingLimitMs = 120_000

export async function storm(service: FaultyService, options: StormOptions): Promise<Verdict> {
  const random = new Random(options.seed)
  const generations = catalogue(random, options.maxTokens)
  const references = options.scripted ? await referenceTexts(generations) : null
  const calm = new AbortController()
  const giveUp = new AbortController()
  const witnesses: Witness[] = []
  const client = async (number: number) => {
    const own = random.fork()
    await sleep(own.between(0, 1000))
    do {
      const which = Math.floor(own.next() * generations.length)
      const witness = new Witness(order(own, number, generations[which]!), {
        ...{ urls: service.urls, random: own.fork(), reference: references?.[which] ?? null },
        ...{ graceMs: options.graceMs, giveUp: giveUp.signal },
      })
      witnesses.push(witness)
      await witness.run()
    } while (!calm.signal.aborted)
  }
  setMaxListeners(0, giveUp.signal)
  const clients = Array.from({ length: options.streams }, (_, number) => client(number))
  const faults = await breakThings(service, random.fork(), options, tell(options, witnesses))
  calm.abort()
  const late = setTimeout(() => giveUp.abort(), endingLimitMs)
  await Promise.all(clients)
  clearTimeout(late)
  const ids = witnesses.map(({ id }) => id)
  const lost = await Promise.all(
    witnesses.filter(({ ended }) => !ended).map(({ id }) => whereabouts(service.redis.url, id)),
  )
  const left = await leftAfterTtl(service.redis.url, ids, options)
  const sum = (key: 'events' | 'resumes') => witnesses.reduce((total, witness) => total + witness[key], 0)
  return {
    ...{ seed: options.seed, faults, streams: witnesses.length, events: sum('events'), resumes: sum('resumes') },
    kills: Object.entries(faults).reduce((total, [name, count]) => total + (name.startsWith('kill') ? count : 0), 0),
    largestGapMs: Math.round(Math.max(0, ...witnesses.map(({ largestGapMs }) => largestGapMs))),
    unreached: witnesses.filter(({ unreached }) => unreached).length,
    violations: [
      ...witnesses.flatMap(({ violations }) => violations),
      ...(new Set(ids).size === ids.length ? [] : ['two orders got the same job']),
      ...service.problems,
      ...(lost.length > 0 ? [...lost, service.lastLines()] : []),
      ...left,
    ],
  }
}

/** A few generations that are ordered again and again. */
function catalogue(random: Random, maxTokens: number): OrderedGeneration[] {
  return Array.from({ length: 12 }, (_, index) => ({
    prompt: `Story ${index}: ${'once upon a time '.repeat(1 + (index % 4))}`,
    max_tokens: Math.round(random.between(maxTokens / 2, maxTokens)),
    seed: Math.floor(random.next() * 2 ** 31),
  }))
}

function order(random: Random, client: number, generation: OrderedGeneration): Order {
  const ending = client % 10 === 3 ? 'stopped' : client % 10 === 7 ? 'left' : 'whole'
  const via = ending === 'left' || random.next() < 0.5 ? 'stream' : 'job'
  return { ...generation, via, ending, readers: ending === 'left' ? 1 : random.pick([1, 1, 2]) }
}

/** One fault after the other, some of them at the same time; resolves when the last one is over. */
async function breakThings(
  service: FaultyService,
  random: Random,
  { kills, everyMs }: StormOptions,
  afterEach: (done: number) => void,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const running: Promise<void>[] = []
  let killed = 0
  while (killed < kills) {
    const fault = nextFault(random, service)
    running.push(
      service.inject(fault).then((happened) => {
        const name = `${fault.what} ${fault.at.kind}`
        if (happened) counts[name] = (counts[name] ?? 0) + 1
        if (happened && fault.what === 'kill') killed++
        afterEach(killed)
      }),
    )
    await sleep(random.between(0, 2 * everyMs))
    // A Redis that is away for longer than it is there serves nobody.
    if (fault.at.kind === 'redis') await running.at(-1)
  }
  await Promise.all(running)
  return counts
}

function nextFault(random: Random, { apis, workers }: FaultyService): Fault {
  const what = random.next() < 0.7 ? 'kill' : random.pick(['restart', 'pause', 'pause', ...cuts] as const)
  const kinds: Place['kind'][] = ['api', 'api', 'worker', 'worker', 'engine', 'engine', 'engine', 'redis']
  const fitting = kinds.filter((kind) => {
    if (kind === 'engine') return what === 'kill' || what === 'pause'
    return kind !== 'redis' || what === 'kill' || what === 'restart' || what === 'pause'
  })
  const kind = random.pick(fitting)
  const index = Math.floor(random.next() * (kind === 'api' ? apis : workers).length)
  const longestMs = kind === 'redis' ? 1500 : 3000
  return { what, at: kind === 'redis' ? { kind } : { kind, index }, forMs: random.between(100, longestMs) }
}

function tell({ say, kills }: StormOptions, witnesses: Witness[]): (done: number) => void {
  let told = 0
  const said = new Set<string>()
  return (done) => {
    const broken = witnesses.flatMap(({ violations }) => violations)
    for (const violation of broken) {
      if (!said.has(violation)) say?.(violation)
      said.add(violation)
    }
    if (!say || done < told + 10) return
    told = done
    say(`${done} of ${kills} kills, ${witnesses.length} streams so far, ${broken.length} violations`)
  }
}

/** What Redis has of a job that did not end. */
async function whereabouts(url: string, id: string): Promise<string> {
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
async function leftAfterTtl(url: string, ids: string[], { ttlMs, waitForTtl }: StormOptions): Promise<string[]> {
  const redis = new Redis(url)
  try {
    let left: string[] = []
    for (const giveUpAt = Date.now() + (waitForTtl ? ttlMs + 5000 : 5000); ; await sleep(250)) {
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
  const counts = await Promise.all([
    ...['admitted', 'waiting'].map(async (name) => [name, await redis.zcard(`{workflowai}:${name}`)] as const),
    ...['active', 'wait', 'paused'].map(
      async (name) => [name, await redis.llen(`{workflowai}:queue:${name}`)] as const,
    ),
    (async () => ['prompt tokens', Number(await redis.get('{workflowai}:admitted-tokens-total'))] as const)(),
  ])
  return [
    ...staying.map((key) => `after the TTL there is still the key ${key}`),
    ...counts.filter(([, count]) => count !== 0).map(([name, count]) => `${name} still counts ${count}`),
  ]
}
