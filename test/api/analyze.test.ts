import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyzeResultSchema } from '../../src/api/wire-schemas.ts'
import { type RunningService, startService } from './running-service.ts'
import { post, streamOf } from './sse-client.ts'

let service: RunningService

beforeAll(async () => {
  service = await startService({ maxContext: 2048, env: { DISCONNECT_GRACE_MS: '10000' } })
})
afterAll(() => service.stop())

const log = [
  '$ npm ci',
  'npm ERR! code ERESOLVE',
  'npm ERR! ERESOLVE unable to resolve dependency tree',
  'npm ERR! Found: react@19.0.0',
  'npm ERR! Process completed with exit code 1',
].join('\n')

describe('an analysis', () => {
  const request = { log_content: log, log_type: 'build', max_tokens: 40, seed: 3 }

  it('streams its stages, then tokens whose text is full_text, then the result with quoted evidence', async () => {
    const { events, text, end } = await streamOf(`${service.url}/workflows/analyze-log/stream`, request)
    const stages = events.filter(({ type }) => type === 'stage').map(({ data }) => data.stage)
    expect(stages).toEqual(['reading', 'redacting', 'reducing', 'retrieving', 'explaining'])
    const result = analyzeResultSchema.parse(end?.data)
    expect(result.full_text).toBe(text)
    expect(text.length).toBeGreaterThan(0)
    const lines = log.split('\n')
    const evidence = result.analysis?.root_cause?.evidence ?? []
    expect(evidence.length).toBeGreaterThan(0)
    for (const { line_start, line_end, quote } of evidence) {
      expect(quote).toBe(lines.slice(line_start - 1, line_end).join('\n'))
    }
    expect(evidence[0]?.quote).toContain('ERESOLVE')
  })

  it('answers whole with the same text and the same analysis', async () => {
    const whole = analyzeResultSchema.parse(await (await post(`${service.url}/workflows/analyze-log`, request)).json())
    const { text, end } = await streamOf(`${service.url}/workflows/analyze-log/stream`, request)
    expect(whole.full_text).toBe(text)
    // How much of the prompt was still in the cache is no property of the analysis.
    const { usage: _, ...analysis } = analyzeResultSchema.parse(end?.data).analysis ?? {}
    expect(whole.analysis).toMatchObject(analysis)
  })

  it('has in the list of jobs the usage that its own answer has', async () => {
    const response = await post(`${service.url}/workflows/analyze-log`, request)
    const { usage } = analyzeResultSchema.parse(await response.json())
    const { jobs } = (await (await fetch(`${service.url}/jobs`)).json()) as { jobs: { id: string; usage: unknown }[] }
    expect(jobs.find(({ id }) => id === response.headers.get('x-job-id'))?.usage).toEqual(usage)
  })

  it('cuts a log longer than the context to fit, and says so', async () => {
    const noise = Array.from({ length: 20_000 }, (_, i) => `step ${i}: downloading package number ${i}`)
    noise[9_000] = 'src/app.ts(3,7): error TS2322: Type string is not assignable to type number.'
    const body = { log_content: noise.join('\n'), max_tokens: 8 }
    const whole = analyzeResultSchema.parse(await (await post(`${service.url}/workflows/analyze-log`, body)).json())
    expect(whole.analysis?.reduction).toMatchObject({ lines_total: 20_000, truncated: true })
    expect(whole.analysis?.root_cause?.evidence[0]).toMatchObject({ line_start: 9_001 })
  })

  it('never queues or returns a secret of the log', async () => {
    const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'
    const body = { log_content: `error: push to https://${secret}@forge.example failed: 403\n`, max_tokens: 8 }
    const { events } = await streamOf(`${service.url}/workflows/analyze-log/stream`, body)
    expect(JSON.stringify(events)).not.toContain(secret)
    expect(events.at(-1)).toMatchObject({ type: 'done' })
  })
})
