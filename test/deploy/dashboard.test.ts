import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RunningService, startService } from '../api/running-service.ts'
import { post } from '../api/sse-client.ts'
import { panels } from './dashboard-queries.ts'

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

let service: RunningService
let text: string
let samples: Sample[]

/** Reads Prometheus's text format as strictly as Prometheus does, as far as it goes here. */
function parse(exposition: string): Sample[] {
  return exposition.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return []
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (!parts) throw new Error(`not a sample: ${line}`)
    const labels = [...(parts[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value])
    return [{ name: parts[1]!, labels: Object.fromEntries(labels), value: Number(parts[3]) }]
  })
}
const value = (name: string, labels: Record<string, string> = {}) =>
  samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value

beforeAll(async () => {
  service = await startService({ slots: 4, stepsPerSecond: 200 })
  const body = { prompt: 'Once upon a time', max_tokens: 20, ignore_eos: true }
  await Promise.all([1, 2, 3].map(() => post(`${service.url}/generate`, body)))
  await post(`${service.url}/generate`, { prompt: 7 })
  // The worker's counts come with its next heartbeat.
  await vi.waitFor(async () => {
    text = await (await fetch(`${service.url}/metrics`)).text()
    samples = parse(text)
    if (value('workflowai:request_success_total', { finished_reason: 'length' }) !== 3) throw new Error(text)
  }, 5000)
})
afterAll(() => service.stop())

describe('the dashboard', () => {
  it.each(panels.map(({ title, targets }) => [title, targets.map(({ expr }) => expr)] as const))(
    'has a panel "%s" of metrics and labels that the service has',
    (_title, expressions) => {
      for (const expr of expressions) {
        const names: string[] = expr.match(/\b(workflowai:\w+|nodejs_\w+)/g) ?? []
        expect(names.length, expr).toBeGreaterThan(0)
        for (const name of names) {
          const known = text.includes(`# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `)
          expect(known, `${name} in ${expr}`).toBe(true)
        }
        const [, labels = ''] = / by \(([\w, ]+)\)/.exec(expr) ?? []
        for (const label of labels.split(', ').filter(Boolean)) {
          // What has not happened yet has no sample: then the catalog must say which label it will have.
          const labelled = samples.filter(({ name }) => names.includes(name))
          if (labelled.length > 0)
            expect(
              labelled.some((sample) => label in sample.labels),
              expr,
            ).toBe(true)
        }
      }
    },
  )
})

describe('the metrics', () => {
  it('count tokens, ends, times and batches of all workers', () => {
    expect(value('workflowai:generation_tokens_total')).toBe(60)
    expect(value('workflowai:prompt_tokens_total')).toBeGreaterThan(5)
    for (const name of ['time_to_first_token_seconds', 'e2e_request_latency_seconds', 'request_queue_time_seconds']) {
      expect(value(`workflowai:${name}_count`), name).toBe(3)
      expect(value(`workflowai:${name}_bucket`, { le: '+Inf' }), name).toBe(3)
    }
    expect(value('workflowai:inter_token_latency_seconds_count')).toBe(57)
    expect(value('workflowai:batch_size_sum')).toBe(60)
    expect(value('workflowai:refusals_total', { reason: 'invalid_request' })).toBe(1)
    expect(value('workflowai:kv_cache_usage_perc')).toBe(0)
  })

  it('have histograms whose buckets only grow', () => {
    const bounds = samples.filter(({ name }) => name === 'workflowai:time_to_first_token_seconds_bucket')
    const counts = bounds.map(({ value }) => value)
    expect(counts).toEqual([...counts].sort((left, right) => left - right))
    expect(bounds.at(-1)?.labels.le).toBe('+Inf')
  })

  it('are the same at every API process, and leave out what Redis should not have', async () => {
    const { Redis } = await import('ioredis')
    const redis = new Redis(service.redis.url)
    const key = '{workflowai}:metrics'
    await redis.hset(key, 'evil 1\nmade_up', '7', 'request_failure_total{code="x"} 1\nmade_up{a="b', '7')
    await redis.hset(key, 'recoveries_total', 'NaN\nmade_up 7')
    redis.disconnect()
    const api = await service.startApi()
    const other = await (await fetch(`http://127.0.0.1:${api.ports[0]}/metrics`)).text()
    expect(other).toContain('workflowai:generation_tokens_total 60\n')
    expect(other).not.toContain('made_up')
  })

  it('have no label that a client can make up', async () => {
    await fetch(`${service.url}/made-up-${'x'.repeat(50)}`, { method: 'PROPFIND' })
    await fetch(`${service.url}/jobs/job_made-up`)
    const seen = await (await fetch(`${service.url}/metrics`)).text()
    expect(seen).not.toContain('made-up')
    expect(seen).not.toContain('PROPFIND')
  })
})
