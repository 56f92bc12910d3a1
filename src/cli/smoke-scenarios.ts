// The eight documented end-to-end scenarios. Each resolves to what it saw, in figures, or throws what is wrong.

import { postJson, readEventStream, type TimedEvent } from './event-stream.ts'

/** Where the two documented services are; often the same address. */
export interface Targets {
  modelUrl: string
  logsUrl: string
  /** Sent with each request: the API key, where there is one. */
  headers: Record<string, string>
}

export interface Scenario {
  name: string
  run(targets: Targets): Promise<string>
}

const limitMs = 300_000

const generation = {
  messages: [{ role: 'user', content: 'What is a message queue? Answer in one sentence.' }],
  max_tokens: 48,
  seed: 7,
}

const failedBuild = {
  log_type: 'build',
  max_tokens: 96,
  seed: 7,
  log_content: [
    '$ npm run build',
    '> shop@2.4.0 build',
    '> tsc -p tsconfig.json',
    "src/cart/total.ts(41,18): error TS2345: Argument of type 'string' is not assignable to parameter of type 'number'.",
    "src/cart/total.ts(57,5): error TS2322: Type 'undefined' is not assignable to type 'Money'.",
    'npm error Lifecycle script `build` failed with error:',
    'npm error code 2',
    'Error: Process completed with exit code 2.',
  ].join('\n'),
}

export const scenarios: Scenario[] = [
  { name: 'Health of the model service', run: ({ modelUrl }) => health(modelUrl) },
  { name: 'Health of the log analysis', run: ({ logsUrl }) => health(logsUrl) },
  {
    name: 'Streaming generation',
    async run({ modelUrl, headers }) {
      const { tokens, text, done } = await streamed(`${modelUrl}/generate/stream`, generation, headers)
      expect(
        tokens.length >= Number(done.tokens_generated),
        `${tokens.length} token events for ${done.tokens_generated} tokens`,
      )
      return `${done.tokens_generated} tokens, finish_reason ${done.finish_reason}, ${excerpt(text)}`
    },
  },
  {
    name: 'Streaming log analysis',
    async run({ logsUrl, headers }) {
      const { tokens, text, done } = await streamed(`${logsUrl}/workflows/analyze-log/stream`, failedBuild, headers)
      expect(text === done.full_text, 'the streamed tokens, joined, differ from full_text')
      return `${tokens.length} token events, ${excerpt(text)}`
    },
  },
  {
    name: 'Generation without streaming',
    async run({ modelUrl, headers }) {
      const answer = await answered(`${modelUrl}/generate`, generation, headers)
      expect(typeof answer.text === 'string' && answer.text !== '', 'the text is missing')
      return `${answer.tokens_generated} tokens, finish_reason ${answer.finish_reason}, ${excerpt(String(answer.text))}`
    },
  },
  {
    name: 'Log analysis without streaming',
    async run({ logsUrl, headers }) {
      const answer = await answered(`${logsUrl}/workflows/analyze-log`, failedBuild, headers)
      expect(typeof answer.full_text === 'string' && answer.full_text !== '', 'full_text is missing')
      expect(typeof answer.analysis === 'object' && answer.analysis !== null, 'the analysis is missing')
      return excerpt(String(answer.full_text))
    },
  },
  {
    name: 'Time to first token',
    async run({ modelUrl, headers }) {
      const { tokens, endMs } = await streamed(
        `${modelUrl}/generate/stream`,
        { ...generation, ignore_eos: true },
        headers,
      )
      const firstMs = tokens[0]!.atMs
      expect(
        tokens.length < 8 || firstMs < endMs * 0.9,
        'all tokens came at once at the end: something buffers the stream',
      )
      return `${firstMs.toFixed(0)} ms`
    },
  },
  {
    name: 'Total time',
    async run({ modelUrl, headers }) {
      const { done, endMs, tokens } = await streamed(
        `${modelUrl}/generate/stream`,
        { ...generation, ignore_eos: true },
        headers,
      )
      const count = Number(done.tokens_generated)
      const decodeSeconds = (endMs - tokens[0]!.atMs) / 1000
      return `${endMs.toFixed(0)} ms for ${count} tokens, ${((count - 1) / decodeSeconds).toFixed(1)} tokens a second`
    },
  },
]

async function health(url: string): Promise<string> {
  const sentAt = performance.now()
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) })
  const body = await response.text()
  expect(response.ok, `GET ${url}/health answered ${response.status}: ${body.slice(0, 300)}`)
  const { status, model } = JSON.parse(body) as { status?: unknown; model?: unknown }
  const facts = [status, typeof model === 'object' ? (model as { name?: unknown } | null)?.name : model].filter(Boolean)
  return `${facts.join(', ')} in ${(performance.now() - sentAt).toFixed(0)} ms`
}

interface Streamed {
  tokens: TimedEvent[]
  text: string
  done: Record<string, unknown>
  endMs: number
}

/** A stream that keeps every promise of the format: rising ids, at least one token, exactly one end. */
async function streamed(url: string, body: unknown, headers: Targets['headers']): Promise<Streamed> {
  const events = await readEventStream(url, body, AbortSignal.timeout(limitMs), headers)
  const failure = events.find(({ event }) => event === 'error')
  if (failure) throw new Error(`the stream ended with an error: ${JSON.stringify(failure.data)}`)
  const ends = events.filter(({ event }) => event === 'done')
  expect(
    ends.length === 1 && events.at(-1)?.event === 'done',
    `the stream has ${ends.length} done events, not one at its end`,
  )
  const ids = events.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]))
  expect(
    ids.every((id, index) => index === 0 || id > ids[index - 1]!),
    `the ids do not rise: ${ids.join(' ').slice(0, 200)}`,
  )
  const tokens = events.filter(({ event }) => event === 'token')
  expect(tokens.length > 0, 'no token came')
  const text = tokens.map(({ data }) => data.token).join('')
  return { tokens, text, done: ends[0]!.data, endMs: ends[0]!.atMs }
}

async function answered(url: string, body: unknown, headers: Targets['headers']): Promise<Record<string, unknown>> {
  return (await postJson(url, body, AbortSignal.timeout(limitMs), headers)).json() as Promise<Record<string, unknown>>
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return `"${line.length > 60 ? `${line.slice(0, 59)}…` : line}"`
}
