// A job of a running service, followed from the request that begins it to its end, however often the connection breaks.
// Its errors are AppErrors; a job that is left before its end is stopped.

import type { Connection } from '../client/connection.ts'
import { WorkflowError } from '../client/errors.ts'
import { JobStream } from '../client/job-stream.ts'
import type { JobEvent } from '../client/types.ts'
import { AppError } from '../errors.ts'
import { appErrorOf } from './wire-error.ts'

export interface JobRequest {
  path: string
  /** With an idempotency key: it is sent again where its answer was lost. */
  init: RequestInit
  /** Whether nobody needs the job who does not follow it to its end. */
  stopWhenLeft: boolean
  signal?: AbortSignal | undefined
}

const stopTimeoutMs = 2000

/**
 * Every event once, `done` at last.
 * @throws AppError: what the service refuses, at once; how the job failed; `unavailable` where nothing answers, or the
 *   connection broke too often in a row. The signal's reason when it aborts.
 */
export async function* serviceJob<Event extends JobEvent>(
  connection: Connection,
  { path, init, stopWhenLeft, signal }: JobRequest,
): AsyncGenerator<Event, void, undefined> {
  const begin = { path, init, tryAgain: whereAnAnswerWasLost() }
  const stream = new JobStream<Event>({ connection, signal, begin, id: null, after: -1 })
  let over = false
  try {
    for await (const event of stream) {
      over = event.type === 'done'
      yield event
    }
    if (!over) throw new TypeError('it ended before the job did')
  } catch (thrown) {
    signal?.throwIfAborted()
    over = thrown instanceof WorkflowError
    throw thrown instanceof WorkflowError ? appErrorOf(thrown) : brokenOff(thrown as Error, stream, connection.url)
  } finally {
    // Frees the slot now instead of when the reader's lease lapses, which it does where this is not heard.
    if (!over && stopWhenLeft && stream.id !== null) {
      stream.stop({ signal: AbortSignal.timeout(stopTimeoutMs) }).catch(() => {})
    }
  }
}

/** Of connections that broke; others never came about, or are no addresses at all. */
const broke = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']

/**
 * Whoever starts a job hears at once that it is refused or that nothing is there, and decides. Only where a request may
 * have arrived it is sent again, with the same key, until something answers: the job may be running.
 */
function whereAnAnswerWasLost(): (thrown: unknown) => boolean {
  let lost = false
  return (thrown) => {
    if (thrown instanceof WorkflowError) return lost && (thrown.status ?? 0) >= 500
    lost ||= broke.includes(causeOf(thrown as Error).code ?? '')
    return lost
  }
}

function brokenOff(thrown: Error, { id, seq }: JobStream<JobEvent>, url: string): AppError {
  const what =
    id === null ? `no service answers at ${url}` : `the stream of job ${id} after event ${seq} from ${url} broke`
  const { message, code } = causeOf(thrown)
  // One that tried several addresses of a host has no message.
  return new AppError('unavailable', `${what}: ${message || code}`, { cause: thrown })
}

/** fetch says `fetch failed`; why is in the cause. */
function causeOf(thrown: Error): NodeJS.ErrnoException {
  return thrown.cause instanceof Error ? thrown.cause : thrown
}
