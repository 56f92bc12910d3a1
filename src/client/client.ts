// The service from a browser or from Node: nothing here is of one of them only.

import { type ClientOptions, Connection, posted } from './connection.ts'
import { JobStream } from './job-stream.ts'
import type {
  AnalyzeEvent,
  AnalyzeRequest,
  AnalyzeResult,
  GenerateEvent,
  GenerateRequest,
  GenerateResult,
  Job,
  JobEvent,
  JobRequest,
  Stopped,
} from './types.ts'

export type { ClientOptions } from './connection.ts'
export { WorkflowError } from './errors.ts'
export { JobStream } from './job-stream.ts'
export type * from './types.ts'

export interface CallOptions {
  signal?: AbortSignal
}

export interface Client {
  /** @throws WorkflowError */
  generate(body: GenerateRequest, options?: CallOptions): Promise<GenerateResult>
  /** Starts when it is iterated. */
  generateStream(body: GenerateRequest, options?: CallOptions): JobStream<GenerateEvent>
  /** @throws WorkflowError */
  analyze(body: AnalyzeRequest, options?: CallOptions): Promise<AnalyzeResult>
  /** Starts when it is iterated. */
  analyzeStream(body: AnalyzeRequest, options?: CallOptions): JobStream<AnalyzeEvent>
  jobs: {
    /** Starts a job that goes on without a reader. @throws WorkflowError */
    create(body: JobRequest, options?: CallOptions): Promise<{ id: string; stream_url: string }>
    /** @throws WorkflowError `not_found` */
    get(id: string, options?: CallOptions): Promise<Job>
    /** Stopping one that has ended changes nothing. @throws WorkflowError `not_found` */
    stop(id: string, options?: CallOptions): Promise<Stopped>
    /** From its start, or from behind the event with the seq `after`. */
    follow(id: string, options?: CallOptions & { after?: number }): JobStream<JobEvent>
  }
}

/** @param url where the service is, for example `http://localhost:8004` */
export function createClient(url: string, options: ClientOptions = {}): Client {
  const connection = new Connection(url, options)

  const read = <Value>(path: string, init: RequestInit, { signal }: CallOptions = {}): Promise<Value> =>
    connection.persist(signal, async () => {
      const response = await connection.send(path, { ...init, ...(signal && { signal }) })
      return (await response.json()) as Value
    })
  const stream = <Event extends JobEvent>(path: string, body: object, { signal }: CallOptions = {}) => {
    const begin = { path, init: posted(JSON.stringify(body)) }
    return new JobStream<Event>({ connection, signal, begin, id: null, after: -1 })
  }

  return {
    generate: (body, call) => read('/generate', posted(JSON.stringify(body)), call),
    generateStream: (body, call) => stream('/generate/stream', body, call),
    analyze: (body, call) => read('/workflows/analyze-log', posted(JSON.stringify(body)), call),
    analyzeStream: (body, call) => stream('/workflows/analyze-log/stream', body, call),
    jobs: {
      create: (body, call) => read('/jobs', posted(JSON.stringify(body)), call),
      get: (id, call) => read(`/jobs/${encodeURIComponent(id)}`, {}, call),
      stop: (id, call) => read(`/jobs/${encodeURIComponent(id)}`, { method: 'DELETE' }, call),
      follow: (id, { signal, after = -1 } = {}) => new JobStream({ connection, signal, begin: null, id, after }),
    },
  }
}
