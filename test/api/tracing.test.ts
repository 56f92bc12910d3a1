import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openTracing, type Tracing } from '../../src/tracing.ts'
import { type RunningService, startService } from './running-service.ts'
import { post } from './sse-client.ts'

const value = z.object({ stringValue: z.string(), intValue: z.coerce.number(), boolValue: z.boolean() }).partial()
const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.coerce.number(),
  endTimeUnixNano: z.coerce.number(),
  attributes: z.array(z.object({ key: z.string(), value })),
  status: z.object({ code: z.number().optional() }).optional(),
})
type Span = z.infer<typeof spanSchema>
const requestSchema = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) })),
})

let collector: Server
let tracing: Tracing
let service: RunningService
let spans: Span[]
let bodies: string

beforeEach(async () => {
  spans = []
  bodies = ''
  collector = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      bodies += body
      const { resourceSpans } = requestSchema.parse(JSON.parse(body))
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  tracing = await openTracing('test', '0', `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`)
  service = await startService({ slots: 2, stepsPerSecond: 200, tracing })
})
afterEach(async () => {
  await service.stop()
  await tracing.close()
  await new Promise((resolve) => collector.close(resolve))
})

const named = (name: string) => spans.find((span) => span.name === name)!
const attribute = (span: Span, key: string) => {
  const found = span.attributes.find((one) => one.key === key)?.value
  return found?.intValue ?? found?.stringValue ?? found?.boolValue
}
const untilSent = (count: number) => expect.poll(() => spans.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count)

describe('a traced generation', () => {
  const body = { prompt: 'A secret about whales', max_tokens: 20, ignore_eos: true }

  it('is one trace from the client through HTTP, admission, queue and attempt to prefill and decode', async () => {
    const [trace, parent] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
    const headers = { traceparent: `00-${trace}-${parent}-01`, 'x-request-id': 'request-7' }
    const response = await post(`${service.url}/generate`, body, { headers })
    expect(response.status).toBe(200)
    await untilSent(6)
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([trace]))
    const http = named('POST /generate')
    expect(http.parentSpanId).toBe(parent)
    expect(attribute(http, 'http.response.status_code')).toBe(200)
    for (const child of ['admit', 'queue', 'attempt']) expect(named(child).parentSpanId, child).toBe(http.spanId)
    const attempt = named('attempt')
    for (const child of ['prefill', 'decode']) expect(named(child).parentSpanId, child).toBe(attempt.spanId)
    expect(attribute(attempt, 'workflowai.request_id')).toBe('request-7')
    expect(attribute(attempt, 'workflowai.attempt')).toBe(1)
    expect(attribute(attempt, 'gen_ai.usage.output_tokens')).toBe(20)
    expect(attribute(named('decode'), 'gen_ai.usage.output_tokens')).toBe(20)
    expect(attribute(named('prefill'), 'gen_ai.usage.input_tokens')).toBeGreaterThan(2)
    expect(named('prefill').endTimeUnixNano).toBeLessThanOrEqual(named('decode').endTimeUnixNano)
    for (const span of spans) expect(span.endTimeUnixNano, span.name).toBeGreaterThanOrEqual(span.startTimeUnixNano)
  })

  it('carries no word of the prompt or the answer', async () => {
    const { text } = (await (await post(`${service.url}/generate`, body)).json()) as { text: string }
    await untilSent(6)
    expect(bodies).not.toContain('whales')
    expect(bodies).not.toContain(text.slice(0, 20))
  })

  it('says so where it was refused, and takes no malformed context', async () => {
    const response = await post(
      `${service.url}/generate`,
      { prompt: 7 },
      { headers: { traceparent: '00-x-y-01\n'.trim() } },
    )
    expect(response.status).toBe(422)
    await untilSent(1)
    expect(spans).toHaveLength(1)
    expect(attribute(spans[0]!, 'http.response.status_code')).toBe(422)
    expect(spans[0]!.parentSpanId ?? '').toBe('')
  })

  it('goes on as always when the collector is away', async () => {
    collector.closeAllConnections()
    await new Promise((resolve) => collector.close(resolve))
    expect((await post(`${service.url}/generate`, body)).status).toBe(200)
  })
})

describe('a request', () => {
  it('is known by its id in the job, whichever way it is traced', async () => {
    const headers = { 'x-request-id': 'order-42' }
    const response = await post(`${service.url}/generate`, { prompt: 'Hello', max_tokens: 2 }, { headers })
    expect(response.headers.get('x-request-id')).toBe('order-42')
    const job = await (await fetch(`${service.url}/jobs/${response.headers.get('x-job-id')}`)).json()
    expect(job).toMatchObject({ request_id: 'order-42' })
  })
})

describe('without a collector', () => {
  it('OpenTelemetry is not even loaded', async () => {
    const script = `
      await import('./src/api/api-server.ts')
      await import('./src/worker/inference-worker.ts')
      const { openTracing } = await import('./src/tracing.ts')
      const { createRequire } = await import('node:module')
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes('/@opentelemetry/sdk-trace-base/')).length
      await openTracing('api', '0', null)
      const off = loaded()
      await openTracing('api', '0', 'http://127.0.0.1:9')
      console.log(JSON.stringify([off, loaded() > 0]))
      process.exit(0)`
    const args = ['--import', 'tsx', '--input-type=module', '-e', script]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(JSON.parse(stdout)).toEqual([0, true])
  })
})
