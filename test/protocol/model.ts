// The delivery protocol as a state machine: workers that die, are paused past their lock and wake again, commands that
// are resent, arrive late or twice, a Redis that loses its newest writes, APIs that end and stop jobs, a client that resumes. Every
// order in which these can happen is a path of this machine; explore.ts walks all of them.
//
//   worker:  idle -take-> opening -reply-> running -append, reply-> running ... -the end is in the log, or refused-> idle
//   reader:  subscribing -> reading -> following -a gap, a lost connection-> reading; -its API dies-> subscribing
//
// A pause is nothing of its own here: whatever is enabled may also happen later.

import {
  apply,
  type Command,
  emptyLog,
  isEnd,
  type JobLog,
  type LoggedEvent,
  type Reply,
  type ScriptDesign,
} from './job-log.ts'

export interface Design extends ScriptDesign {
  /** Whether a reader listens to the channel before it reads the log, or after. */
  subscribe: 'first' | 'after read'
}

/** How often each thing may happen: what makes the number of states finite. */
export interface Bounds {
  workers: number
  attempts: number
  tokens: number
  /** Deaths of workers. */
  crashes: number
  /** Commands whose reply is lost, so that they are sent again; and commands of which an old copy arrives later. */
  resends: number
  /** Failovers of Redis, each losing up to this many of the newest commands. */
  failovers: number
  /** Ends by an API, and DELETEs. */
  ends: number
  stops: number
  /** Whether a client reads; how often its subscription breaks, and its API dies. */
  reader: boolean
  gaps: number
  leaves: number
}

interface RunningWorker {
  is: 'running'
  attempt: number
  /** The seq of `own[0]`. */
  startSeq: number
  /** Tokens before them. */
  tokensBefore: number
  own: readonly LoggedEvent[]
  confirmed: number
  waiting: boolean
  stopped: boolean
}

type Worker = { is: 'idle' } | { is: 'opening'; attempt: number } | RunningWorker

interface Sent {
  command: Command
  /** The worker that waits for the reply; null: nobody does any more. */
  to: number | null
}

interface Reader {
  is: 'subscribing' | 'reading' | 'following' | 'ended'
  listening: boolean
  /** Messages of the channel: the seq of the first event, and the events. */
  inbox: readonly { seq: number; events: readonly LoggedEvent[] }[]
  gap: boolean
  /** What the client has seen, over all its connections; the last index is its cursor. */
  got: readonly LoggedEvent[]
}

export interface State {
  log: JobLog
  /** Earlier logs, the newest last, that a failover may bring back. */
  earlier: readonly JobLog[]
  /** How long the log was when each attempt opened it. */
  openedAt: Readonly<Record<number, number>>
  attempts: number
  workers: readonly Worker[]
  network: readonly Sent[]
  reader: Reader | null
  left: Pick<Bounds, 'crashes' | 'resends' | 'failovers' | 'ends' | 'stops' | 'gaps' | 'leaves'>
}

export interface Step {
  name: string
  /** Something breaks, or somebody decides to; a run may end without it. */
  optional: boolean
  next: State
  /** What Redis did in this step. */
  applied?: Command
}

export function initial({ workers, reader, ...bounds }: Bounds): State {
  const { crashes, resends, failovers, ends, stops, gaps, leaves } = bounds
  return {
    ...{ log: emptyLog, earlier: [], openedAt: {}, attempts: 0, network: [] },
    workers: Array.from({ length: workers }, () => ({ is: 'idle' })),
    reader: reader ? newReader([]) : null,
    left: { crashes, resends, failovers, ends, stops, gaps, leaves },
  }
}

/** Everything that can happen next. */
export function steps(state: State, how: Design, bounds: Bounds): Step[] {
  return [
    ...state.workers.flatMap((worker, index) => workerSteps(state, worker, index, bounds)),
    ...state.network.flatMap((sent, index) => networkSteps(state, sent, index, how)),
    ...apiSteps(state),
    ...(state.reader ? readerSteps(state, state.reader, how) : []),
    ...failoverSteps(state),
  ]
}

function workerSteps(state: State, worker: Worker, index: number, { attempts, tokens }: Bounds): Step[] {
  const found: Step[] = []
  // The queue hands the job out again whenever a lock has lapsed, whether or not its worker still lives.
  if (worker.is === 'idle' && state.attempts < attempts) {
    const attempt = state.attempts + 1
    const opening = setWorker({ ...state, attempts: attempt }, index, { is: 'opening', attempt })
    found.push({
      name: `w${index} takes it as attempt ${attempt}`,
      optional: false,
      next: send(opening, { do: 'open', attempt }, index),
    })
  }
  if (worker.is === 'running' && !worker.waiting) {
    // A step of the engine, or two whose tokens have gathered while the command before was under way.
    for (const more of worker.stopped ? [1] : [1, 2]) {
      const own = withMore(worker, more, tokens)
      const firstSeq = worker.startSeq + worker.confirmed
      const command: Command = { do: 'append', attempt: worker.attempt, firstSeq, events: own.slice(worker.confirmed) }
      const next = send(setWorker(state, index, { ...worker, own, waiting: true }), command, index)
      found.push({ name: `w${index} appends ${command.events.length} from ${firstSeq}`, optional: false, next })
    }
  }
  if (worker.is !== 'idle' && state.left.crashes > 0) {
    const orphaned = state.network.map((sent) => (sent.to === index ? { ...sent, to: null } : sent))
    const next = setWorker(spend({ ...state, network: orphaned }, 'crashes'), index, { is: 'idle' })
    found.push({ name: `w${index} dies`, optional: true, next })
  }
  return found
}

function withMore(
  { own, tokensBefore, attempt, stopped }: RunningWorker,
  count: number,
  tokens: number,
): LoggedEvent[] {
  const events = [...own]
  for (let made = 0; made < count && !events.some(isEnd); made++) {
    const at = tokensBefore + events.length
    events.push({ kind: stopped ? 'cancelled' : at < tokens ? 'token' : 'done', at, by: attempt })
  }
  return events
}

function networkSteps(state: State, sent: Sent, index: number, how: Design): Step[] {
  const { command, to } = sent
  const name = `${command.do}${'attempt' in command ? ` of attempt ${command.attempt}` : ''}`
  const without = { ...state, network: state.network.filter((_, other) => other !== index) }
  const { state: done, reply } = execute(without, command, how)
  const heard = to === null ? done : hear(done, to, reply)
  const found: Step[] = [{ name: `Redis does the ${name}`, optional: to === null, next: heard, applied: command }]
  if (to !== null && state.left.resends > 0) {
    const lost = spend({ ...done, network: [...done.network, sent] }, 'resends')
    found.push({ name: `the reply to the ${name} is lost, it is resent`, optional: true, next: lost, applied: command })
    const old = spend({ ...state, network: [...state.network, { command, to: null }] }, 'resends')
    found.push({ name: `the ${name} is resent, and the old one still arrives`, optional: true, next: old })
  }
  return found
}

function apiSteps(state: State): Step[] {
  const found: Step[] = []
  if (state.left.ends > 0) {
    found.push({ name: 'an API ends it', optional: true, next: send(spend(state, 'ends'), { do: 'end' }, null) })
  }
  if (state.left.stops > 0) {
    found.push({ name: 'somebody stops it', optional: true, next: send(spend(state, 'stops'), { do: 'cancel' }, null) })
  }
  return found
}

function failoverSteps(state: State): Step[] {
  if (state.left.failovers === 0) return []
  return state.earlier.map((log, index) => ({
    name: `Redis fails over and has lost ${state.earlier.length - index} commands`,
    optional: true,
    next: { ...spend(state, 'failovers'), log, earlier: state.earlier.slice(0, index) },
  }))
}

/** As src/stream/read-events.ts, without its timer: what a silence finds is late, and late is what must not be needed. */
function readerSteps(state: State, reader: Reader, how: Design): Step[] {
  const found: Step[] = []
  const become = (changes: Partial<Reader>, name: string, optional = false) =>
    found.push({ name: `the reader ${name}`, optional, next: { ...state, reader: { ...reader, ...changes } } })
  const fresh = state.log.events.slice(reader.got.length)
  const readOn = how.subscribe === 'first' || reader.listening ? 'following' : 'subscribing'
  const started = reader.is === 'subscribing' && how.subscribe === 'after read' && !reader.listening && !reader.gap
  if (reader.is === 'subscribing' && !started)
    become({ is: how.subscribe === 'first' ? 'reading' : 'following', listening: true, gap: false }, 'subscribes')
  if (reader.is === 'reading' || started) {
    const got = [...reader.got, ...fresh]
    become({ got, is: got.some(isEnd) ? 'ended' : readOn, gap: readOn === 'subscribing' }, 'reads the log')
  }
  if (reader.is === 'following') {
    const [message, ...inbox] = reader.inbox
    if (message && message.seq > reader.got.length) become({ is: 'reading', inbox }, 'sees a gap')
    else if (message) {
      const got = [...reader.got, ...message.events.slice(reader.got.length - message.seq)]
      become({ got, inbox, is: got.some(isEnd) ? 'ended' : 'following' }, 'takes a message')
    } else if (reader.gap) become({ is: 'reading', gap: false }, 'has missed something')
    if (!reader.listening) become({ listening: true, gap: true }, 'is subscribed again')
  }
  if (reader.is === 'following' && reader.listening && state.left.gaps > 0) {
    found.push({
      name: 'the subscription breaks',
      optional: true,
      next: { ...spend(state, 'gaps'), reader: { ...reader, listening: false } },
    })
  }
  if (reader.is !== 'ended' && state.left.leaves > 0) {
    found.push({
      name: 'the API of the reader dies',
      optional: true,
      next: { ...spend(state, 'leaves'), reader: newReader(reader.got) },
    })
  }
  return found
}

function newReader(got: readonly LoggedEvent[]): Reader {
  return { is: 'subscribing', listening: false, inbox: [], gap: false, got }
}

/** Redis does a command: the log, its earlier forms, and the message to whoever listens. */
function execute(state: State, command: Command, how: Design): { state: State; reply: Reply } {
  const { log, reply } = apply(state.log, command, how)
  const written = log.events.slice(state.log.events.length)
  const earlier =
    state.left.failovers > 0 && log !== state.log ? [...state.earlier, state.log].slice(-2) : state.earlier
  const { reader } = state
  const message = { seq: state.log.events.length, events: written }
  const heard = reader?.listening && written.length > 0 ? { ...reader, inbox: [...reader.inbox, message] } : reader
  const opened = command.do === 'open' && reply.verdict !== 'fenced' && reply.verdict !== 'ended'
  const openedAt =
    opened && state.openedAt[command.attempt] === undefined
      ? { ...state.openedAt, [command.attempt]: log.events.length }
      : state.openedAt
  return { state: { ...state, log, earlier, openedAt, reader: heard }, reply }
}

/** A worker takes the reply that it waits for, as src/stream/publisher.ts and src/worker/attempt.ts do. */
function hear(state: State, index: number, { verdict, lastSeq, events }: Reply): State {
  const worker = state.workers[index]!
  if (worker.is === 'opening') {
    if (verdict !== 'ok' && verdict !== 'cancelled') return setWorker(state, index, { is: 'idle' })
    const tokensBefore = events.filter(({ kind }) => kind === 'token').length
    const running = { is: 'running', attempt: worker.attempt, startSeq: lastSeq + 1, tokensBefore } as const
    return setWorker(state, index, {
      ...running,
      own: [],
      confirmed: 0,
      waiting: false,
      stopped: verdict === 'cancelled',
    })
  }
  if (worker.is !== 'running') return state
  const { own, startSeq } = worker
  const confirmed = Math.max(0, lastSeq + 1 - startSeq)
  switch (verdict) {
    case 'ok':
      if (confirmed >= own.length && isEnd(own.at(-1)!)) return setWorker(state, index, { is: 'idle' })
      return setWorker(state, index, { ...worker, confirmed: Math.min(confirmed, own.length), waiting: false })
    case 'gap':
      if (lastSeq < startSeq - 1) return setWorker(state, index, { is: 'idle' })
      return setWorker(state, index, { ...worker, confirmed, waiting: false })
    case 'cancelled':
      if (confirmed >= own.length && isEnd(own.at(-1)!)) return setWorker(state, index, { is: 'idle' })
      return setWorker(state, index, {
        ...worker,
        own: own.slice(0, confirmed),
        confirmed,
        waiting: false,
        stopped: true,
      })
    case 'ended':
    case 'fenced':
      return setWorker(state, index, { is: 'idle' })
    default:
      return verdict satisfies never
  }
}

function setWorker(state: State, index: number, worker: Worker): State {
  return { ...state, workers: state.workers.map((other, at) => (at === index ? worker : other)) }
}

function send(state: State, command: Command, to: number | null): State {
  return { ...state, network: [...state.network, { command, to }] }
}

function spend(state: State, what: keyof State['left']): State {
  return { ...state, left: { ...state.left, [what]: state.left[what] - 1 } }
}
