// The job in Redis, as the model has it: what the scripts of src/stream/scripts do to one job, as pure functions. The same
// commands go to the real scripts in scripts.test.ts.

/** One event of the log; its seq is its index. */
export interface LoggedEvent {
  /** `queued` is the first; `done`, `cancelled` and `failed` end the job. */
  kind: 'queued' | 'token' | 'done' | 'cancelled' | 'failed'
  /** Which token of the text; of a worker's end, how many there were. */
  at: number
  /** The attempt that wrote it; 0: an API. */
  by: number
}

export interface JobLog {
  fence: number
  events: readonly LoggedEvent[]
  stopAsked: boolean
}

export type Command =
  | { do: 'open'; attempt: number }
  | { do: 'append'; attempt: number; firstSeq: number; events: readonly LoggedEvent[] }
  /** An API's end of a job that no worker ends. */
  | { do: 'end' }
  /** DELETE. */
  | { do: 'cancel' }

export type Verdict = 'ok' | 'ended' | 'fenced' | 'gap' | 'cancelled'

export interface Reply {
  verdict: Verdict
  lastSeq: number
  /** Of `open`: the log to continue from. */
  events: readonly LoggedEvent[]
}

/** How the scripts are written. The real ones are `design`; the others are mistakes that were made on purpose. */
export interface ScriptDesign {
  /** When older attempts are shut out: when a new one opens the job, when it first writes, never. */
  fence: 'open' | 'first write' | 'none'
  /** Whether an append skips what the log has already. */
  idempotent: boolean
  /** Whether anything is refused after the end. */
  endChecked: boolean
}

export const design: ScriptDesign = { fence: 'open', idempotent: true, endChecked: true }

export const emptyLog: JobLog = { fence: 0, events: [{ kind: 'queued', at: 0, by: 0 }], stopAsked: false }

export function isEnd({ kind }: LoggedEvent): boolean {
  return kind === 'done' || kind === 'cancelled' || kind === 'failed'
}

export function apply(log: JobLog, command: Command, how: ScriptDesign): { log: JobLog; reply: Reply } {
  const last = log.events.length - 1
  const refuse = (verdict: Verdict) => ({ log, reply: { verdict, lastSeq: last, events: [] } })
  if (how.endChecked && log.events.some(isEnd)) return refuse('ended')
  switch (command.do) {
    case 'open': {
      if (how.fence !== 'none' && command.attempt < log.fence) return refuse('fenced')
      const fence = how.fence === 'open' ? Math.max(log.fence, command.attempt) : log.fence
      const verdict = log.stopAsked ? 'cancelled' : 'ok'
      return { log: { ...log, fence }, reply: { verdict, lastSeq: last, events: log.events } }
    }
    case 'append':
      return append(log, command, how)
    case 'end': {
      const events: LoggedEvent[] = [...log.events, { kind: 'failed', at: 0, by: 0 }]
      return { log: { ...log, events }, reply: { verdict: 'ok', lastSeq: last + 1, events: [] } }
    }
    case 'cancel':
      return { log: { ...log, stopAsked: true }, reply: { verdict: 'ok', lastSeq: last, events: [] } }
    default:
      return command satisfies never
  }
}

function append(
  log: JobLog,
  { attempt, firstSeq, events: sent }: Extract<Command, { do: 'append' }>,
  how: ScriptDesign,
): { log: JobLog; reply: Reply } {
  const reply = (verdict: Verdict, events: readonly LoggedEvent[]): Reply => ({
    ...{ verdict, lastSeq: events.length - 1, events: [] },
  })
  if (how.fence !== 'none' && attempt < log.fence) return { log, reply: reply('fenced', log.events) }
  if (firstSeq > log.events.length) return { log, reply: reply('gap', log.events) }
  const events = [...log.events]
  for (const [index, event] of sent.entries()) {
    const fresh = !how.idempotent || firstSeq + index === events.length
    if (fresh && (!log.stopAsked || isEnd(event))) events.push(event)
    if (how.endChecked && isEnd(events.at(-1)!)) break
  }
  const fence = how.fence === 'first write' ? Math.max(log.fence, attempt) : log.fence
  return { log: { ...log, fence, events }, reply: reply(log.stopAsked ? 'cancelled' : 'ok', events) }
}
