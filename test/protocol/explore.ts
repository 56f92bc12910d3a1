// Walks every path of the model and checks the promise in every state. The first broken state it meets is reached by a
// shortest path, so the trace it returns is as simple as any.

import { isEnd, type JobLog, type LoggedEvent } from './job-log.ts'
import { type Bounds, type Design, initial, type State, type Step, steps } from './model.ts'

export interface Exploration {
  states: number
  /** null: the promise holds in every state. */
  broken: { promise: string; trace: string[] } | null
}

/** @param onStep sees every step of every state once */
export function explore(
  how: Design,
  bounds: Bounds,
  onStep: (from: State, step: Step) => void = () => {},
): Exploration {
  const start = initial(bounds)
  const cameFrom = new Map<string, { before: string | null; by: string }>([[keyOf(start), { before: null, by: '' }]])
  let edge = [start]
  while (edge.length > 0) {
    const next: State[] = []
    for (const state of edge) {
      const key = keyOf(state)
      const found = steps(state, how, bounds)
      const promise = brokenPromise(state, found, bounds)
      if (promise !== null) return { states: cameFrom.size, broken: { promise, trace: traceTo(key, cameFrom) } }
      for (const step of found) {
        onStep(state, step)
        const nextKey = keyOf(step.next)
        if (cameFrom.has(nextKey)) continue
        cameFrom.set(nextKey, { before: key, by: step.name })
        next.push(step.next)
      }
    }
    edge = next
  }
  return { states: cameFrom.size, broken: null }
}

/** What the state breaks, or null. */
function brokenPromise(state: State, found: Step[], { failovers }: Bounds): string | null {
  const { events } = state.log
  const tokens = events.filter(({ kind }) => kind === 'token')
  if (tokens.some(({ at }, index) => at !== index)) return 'a token of the log is missing or repeated'
  if (events.filter(isEnd).length > 1) return 'two ends'
  if (events.slice(0, -1).some(isEnd)) return 'an event after the end'
  // A failover may take back the fence itself; the same tokens come from whoever writes then.
  if (failovers === 0 && writtenBehindFence(state)) return 'an attempt has written after a newer one had opened the job'
  if (!state.reader) return null
  const { got } = state.reader
  if (got.some((event, index) => events[index] && !same(event, events[index], failovers > 0))) {
    return 'the client has seen something else than the log says'
  }
  if (failovers === 0 && got.length > events.length) return 'the client has seen something that the log does not have'
  const over = found.every(({ optional }) => optional) && state.network.length === 0
  if (over && events.some(isEnd) && got.length < events.length) return 'the client waits for events that the log has'
  return null
}

function writtenBehindFence({ log, openedAt }: State): boolean {
  return Object.entries(openedAt).some(([attempt, length]) =>
    log.events.slice(length).some(({ by }) => by !== 0 && by < Number(attempt)),
  )
}

function same(a: LoggedEvent, b: LoggedEvent, byAnyAttempt: boolean): boolean {
  return a.kind === b.kind && a.at === b.at && (byAnyAttempt || a.by === b.by)
}

function traceTo(key: string, cameFrom: Map<string, { before: string | null; by: string }>): string[] {
  const trace: string[] = []
  for (let at = cameFrom.get(key); at?.before != null; at = cameFrom.get(at.before)) trace.unshift(at.by)
  return trace
}

/** The state as text. The order of the network says nothing: commands arrive in any order. */
function keyOf({ log, earlier, openedAt, attempts, workers, network, reader, left }: State): string {
  return [
    [log, ...earlier].map(logKey).join('/'),
    `${Object.entries(openedAt)} ${attempts} ${Object.values(left)}`,
    ...workers.map((worker) => JSON.stringify(Object.values(worker))),
    reader ? `${reader.is} ${reader.listening} ${reader.gap} ${reader.got.length} ${eventsKey(reader.got)}` : '',
    reader ? reader.inbox.map(({ seq, events }) => `${seq} ${eventsKey(events)}`).join('/') : '',
    ...network.map(({ to, command }) => `${to} ${JSON.stringify(Object.values(command))}`).sort(),
  ].join('|')
}

const logKey = ({ fence, events, stopAsked }: JobLog) => `${fence} ${stopAsked} ${eventsKey(events)}`
const eventsKey = (events: readonly LoggedEvent[]) => events.map(({ kind, at, by }) => `${kind}${at}.${by}`).join()
