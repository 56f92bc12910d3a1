// Traces of requests, from HTTP through the queue to the engine's work. Off unless an OTLP endpoint is set; then, and only
// then, OpenTelemetry is loaded. Spans carry counts, ids and times, never a prompt or an answer.

export type SpanAttributes = Record<string, string | number | boolean | undefined>

export interface SpanOptions {
  /** W3C trace context of the parent, as its header has it; null or malformed: a new trace. */
  parent?: string | null | undefined
  /** Milliseconds since the epoch; now by default. */
  startedAt?: number
  kind?: 'server' | 'producer' | 'consumer' | 'internal'
  attributes?: SpanAttributes
}

export interface OpenSpan {
  /** For its children, in this process or another; null while tracing is off. */
  readonly context: string | null
  set(attributes: SpanAttributes): void
  rename(name: string): void
  /** @param error what went wrong, without anything that a client sent */
  end(options?: { endedAt?: number; error?: string | undefined }): void
}

export interface Tracing {
  span(name: string, options?: SpanOptions): OpenSpan
  /** Sends what has not been sent yet. */
  close(): Promise<void>
}

const noSpan: OpenSpan = { context: null, set: () => {}, rename: () => {}, end: () => {} }
export const noTracing: Tracing = { span: () => noSpan, close: async () => {} }

/** @param endpoint of OTLP over HTTP; null: off */
export async function openTracing(process: string, version: string, endpoint: string | null): Promise<Tracing> {
  if (endpoint === null) return noTracing
  const { openTelemetry } = await import('./open-telemetry.ts')
  return openTelemetry(process, version, endpoint)
}
