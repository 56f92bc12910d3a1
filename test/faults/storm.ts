// A storm: random faults over many streams, each watched by a witness, and what is left when everything has ended.

import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { explainAbsence, type FaultSpan, feltDuring } from './fault-spans.ts'
import type { Fault, FaultyService, Place } from './faulty-service.ts'
import { leftAfterTtl, type TtlOptions, whereabouts } from './leftovers.ts'
import { Random } from './random.ts'
import { cuts } from './redis-wire.ts'
import { type OrderedGeneration, referenceTexts } from './reference.ts'
import { type Order, Witness } from './witness.ts'

export interface StormOptions extends TtlOptions {
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
  /** Of the service: how long a stream goes on without readers. */
  graceMs: number
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
  const spans: FaultSpan[] = []
  const faults = await breakThings(service, random.fork(), options, spans, tell(options, witnesses))
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
      ...witnesses.flatMap((witness) => unexplained(witness, spans)),
      ...(new Set(ids).size === ids.length ? [] : ['two orders got the same job']),
      ...service.problems,
      ...(lost.length > 0 ? [...lost, service.lastLines()] : []),
      ...left,
    ],
  }
}

/** A stream that was stopped for want of readers, while no faults kept them away. */
function unexplained({ id, unreached }: Witness, spans: FaultSpan[]): string[] {
  if (unreached === null || explainAbsence(unreached, spans)) return []
  const felt = feltDuring(unreached, spans).map(({ what, at }) => `${what} ${at.kind}`)
  const awayMs = Math.round(unreached.until - unreached.from)
  return [
    `job ${id}: no API served its readers for ${awayMs} ms; the faults of that time: ${felt.join(', ') || 'none'}`,
  ]
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

/**
 * One fault after the other, some of them at the same time; resolves when the last one is over and everything serves again.
 * @param spans is given each that happened
 */
async function breakThings(
  service: FaultyService,
  random: Random,
  { kills, everyMs }: StormOptions,
  spans: FaultSpan[],
  afterEach: (done: number) => void,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const running: Promise<void>[] = []
  const recovering: Promise<void>[] = []
  let killed = 0
  while (killed < kills) {
    const fault = nextFault(random, service)
    const span: FaultSpan = { ...fault, from: performance.now(), until: Number.POSITIVE_INFINITY }
    running.push(
      service.inject(fault).then((happened) => {
        if (happened) spans.push(span)
        recovering.push(
          untilServing(service, fault.at).then(() => {
            span.until = performance.now()
          }),
        )
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
  await Promise.all(recovering)
  return counts
}

/** Until the API that was hit has Redis; where Redis was, until every API has it again. */
async function untilServing({ urls }: FaultyService, at: Place): Promise<void> {
  const hit = at.kind === 'redis' ? urls : at.kind === 'api' ? [urls[at.index]!] : []
  const serves = async (url: string) => {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) })
    return ((await answer.json()) as { redis: string }).redis === 'up'
  }
  await Promise.all(
    hit.map(async (url) => {
      for (const giveUpAt = Date.now() + endingLimitMs; Date.now() < giveUpAt; await sleep(100)) {
        if (await serves(url).catch(() => false)) return
      }
    }),
  )
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
