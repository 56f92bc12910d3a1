// The scripts of src/stream/scripts against the model: every step that Redis takes anywhere in the explored states is taken by
// the real scripts, from the same log, and must give the same reply and the same log. And the model's mistakes, made in the scripts.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { NewEvent, StreamEvent } from '../../src/stream/events.ts'
import { appendScript } from '../../src/stream/scripts/append.ts'
import { endScript } from '../../src/stream/scripts/end.ts'
import { openScript } from '../../src/stream/scripts/open.ts'
import { done, openStack, type Stack, token, worker } from '../stream/stack.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { explore } from './explore.ts'
import { type Command, design, emptyLog, type JobLog, type LoggedEvent, apply as model, type Reply } from './job-log.ts'
import type { Bounds, State, Step } from './model.ts'

const once = { workers: 2, crashes: 0, resends: 1, failovers: 0, reader: false, gaps: 0, leaves: 0 }
const transitions = transitionsOf([
  { ...once, attempts: 3, tokens: 2, ends: 0, stops: 0 },
  { ...once, attempts: 2, tokens: 2, ends: 1, stops: 1 },
])

let server: TestRedis
let stack: Stack

beforeAll(async () => {
  server = await startTestRedis()
})
beforeEach(async () => {
  stack = await openStack(server.url)
  return () => stack.close()
})
afterAll(() => server.stop())

interface Transition {
  /** The commands that make the log that the last one meets. */
  before: Command[]
  command: Command
}

/** Every command that meets a log anywhere in the model, once for each log it meets. */
function transitionsOf(explored: Bounds[]): Transition[] {
  const commandsTo = new Map<string, Command[]>([[JSON.stringify(emptyLog), []]])
  const found = new Map<string, Transition>()
  const take = ({ log }: State, { applied, next }: Step) => {
    if (!applied) return
    const before = commandsTo.get(JSON.stringify(log))!
    found.set(JSON.stringify([log, applied]), { before, command: applied })
    const after = JSON.stringify(next.log)
    if (!commandsTo.has(after)) commandsTo.set(after, [...before, applied])
  }
  for (const bounds of explored) explore({ ...design, subscribe: 'first' }, bounds, take)
  return [...found.values()]
}

/** The first transitions in which the scripts and the model differ. */
async function differences(): Promise<string[]> {
  const found: string[] = []
  for (let from = 0; from < transitions.length && found.length === 0; from += 50) {
    const differing = await Promise.all(transitions.slice(from, from + 50).map(difference))
    found.push(...differing.filter((one) => one !== null))
  }
  return found
}

async function difference({ before, command }: Transition): Promise<string | null> {
  const id = await stack.job({ id: `job_${randomUUID()}` })
  let log: JobLog = emptyLog
  for (const earlier of before) {
    await apply(id, earlier)
    log = model(log, earlier, design).log
  }
  const expected = model(log, command, design)
  const reply = await apply(id, command)
  const events = (await stack.store.eventsAfter(id, -1).catch(() => [])).map(toModel)
  const real = JSON.stringify({ reply, events })
  const modelled = JSON.stringify({ reply: replyOf(command, expected.reply), events: expected.log.events })
  return real === modelled ? null : `${JSON.stringify([...before, command])}\n  gives ${real}\n  not   ${modelled}`
}

/** What a caller is told of a reply, in one form for both sides. */
function replyOf({ do: what }: Command, { verdict, lastSeq }: Pick<Reply, 'verdict' | 'lastSeq'>): unknown {
  if (what === 'append') return { verdict, lastSeq }
  if (what === 'open') return verdict === 'ok' || verdict === 'cancelled' ? { verdict, lastSeq } : { verdict }
  return null
}

async function apply(id: string, command: Command): Promise<unknown> {
  const { store } = stack
  switch (command.do) {
    case 'open': {
      const opened = await store
        .open(id, command.attempt, worker)
        .catch(({ message }) => ({ verdict: String(message) }))
      return { verdict: opened.verdict, ...('lastSeq' in opened && { lastSeq: opened.lastSeq }) }
    }
    case 'append': {
      const { attempt, firstSeq } = command
      const [result] = await store.append([{ id, attempt, firstSeq, events: command.events.map(toReal) }])
      return { verdict: result?.verdict, lastSeq: result?.lastSeq }
    }
    case 'end':
      await store.end(id, { type: 'error', code: 'deadline_exceeded', message: '' }, false)
      return null
    case 'cancel':
      await store.cancel(id)
      return null
    default:
      return command satisfies never
  }
}

/** The token's place is its text, the attempt its id. */
function toReal({ kind, at, by }: LoggedEvent): NewEvent {
  if (kind === 'token') return token(String(at), by)
  return { ...(done(kind === 'cancelled' ? 'cancelled' : 'stop', at) as NewEvent & { type: 'done' }), seed: by }
}

function toModel(event: StreamEvent): LoggedEvent {
  switch (event.type) {
    case 'token':
      return { kind: 'token', at: Number(event.text), by: event.tokenId ?? 0 }
    case 'done':
      return {
        kind: event.reason === 'cancelled' ? 'cancelled' : 'done',
        at: event.tokensGenerated,
        by: event.seed ?? 0,
      }
    case 'error':
      return { kind: 'failed', at: 0, by: 0 }
    default:
      return { kind: 'queued', at: 0, by: 0 }
  }
}

/** Makes a mistake in a script of the next test's connection. */
function spoil(name: 'wfOpen' | 'wfAppend' | 'wfEnd', lua: string, ...changes: [right: string, wrong: string][]): void {
  for (const [right, wrong] of changes) {
    if (!lua.includes(right)) throw new Error(`the script ${name} has no "${right}" any more`)
    lua = lua.replace(right, wrong)
  }
  stack.redis.defineCommand(name, { lua })
}

const appendFence = "if attempt < tonumber(r[1]) then return last, 'fenced' end"

describe('the scripts', () => {
  it('do in every step what the model says', async () => {
    expect(transitions.length).toBeGreaterThan(500)
    expect(await differences()).toEqual([])
  })

  it.each<[string, () => void]>([
    ['no fence', () => spoil('wfAppend', appendScript, [appendFence, ''])],
    [
      'a fence raised at the first write',
      () => {
        spoil('wfOpen', openScript, ["redis.call('HSET', job, 'fence', attempt)", ''])
        const raise = "if #written > 0 then redis.call('HSET', job, 'fence', attempt)"
        spoil('wfAppend', appendScript, ['if #written > 0 then', raise])
      },
    ],
    ['an append that is not idempotent', () => spoil('wfAppend', appendScript, ['first + i == last + 1 and', ''])],
    ['an end that nobody checked', () => spoil('wfEnd', endScript, ["if r[2] then return 'ended' end", ''])],
  ])('differ with %s', async (_, makeMistake) => {
    makeMistake()
    expect((await differences()).length).toBeGreaterThan(0)
  })
})
