// Tracing by OpenTelemetry: spans go in batches to an OTLP collector over HTTP. A collector that is away costs spans, never
// a request.

import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { OpenSpan, SpanOptions, Tracing } from './tracing.ts'

const kinds = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
}

/** @param endpoint the base that OTEL_EXPORTER_OTLP_ENDPOINT names; traces go to `/v1/traces` below it */
export function openTelemetry(process: string, version: string, endpoint: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `workflowai-${process}`, 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1000 })],
  })
  const tracer = provider.getTracer('workflowai', version)
  return {
    span: (name, options = {}) => open(name, options),
    close: () => provider.shutdown().catch(() => {}),
  }

  function open(name: string, { parent, startedAt, kind = 'internal', attributes = {} }: SpanOptions): OpenSpan {
    const options = { kind: kinds[kind], attributes, ...(startedAt !== undefined && { startTime: startedAt }) }
    const span = tracer.startSpan(name, options, contextOf(parent))
    const { traceId, spanId, traceFlags } = span.spanContext()
    return {
      context: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
      set: (more) => void span.setAttributes(more),
      rename: (better) => void span.updateName(better),
      end: ({ endedAt, error } = {}) => {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
        span.end(endedAt)
      },
    }
  }
}

function contextOf(parent: string | null | undefined): Context {
  const parts = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(parent ?? '')
  if (!parts) return ROOT_CONTEXT
  const [, traceId = '', spanId = '', flags = ''] = parts
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId, isRemote: true },
    traceFlags: Number.parseInt(flags, 16) & 1,
  })
}
