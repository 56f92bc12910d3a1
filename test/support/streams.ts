// A running service, seen from outside: over HTTP, as its users see it.

import { setTimeout as sleep } from 'node:timers/promises'
import { readEventStream, type TimedEvent } from '../../src/cli/event-stream.ts'

export interface StreamedAnswer {
  id: string
  text: string
  tokens: TimedEvent[]
  done: Record<string, unknown>
}

/** Streams one generation. Throws unless the stream ends with one `done`. */
export async function streamGeneration(url: string, prompt: string, maxTokens = 24): Promise<StreamedAnswer> {
  const body = { messages: [{ role: 'user', content: prompt }], max_tokens: maxTokens, ignore_eos: true, seed: 1 }
  const events = await readEventStream(`${url}/generate/stream`, body, AbortSignal.timeout(150_000))
  const last = events.at(-1)
  if (last?.event !== 'done') throw new Error(`the stream ended with ${JSON.stringify(last)}`)
  const tokens = events.filter(({ event }) => event === 'token')
  return { id: String(last.data.id), text: tokens.map(({ data }) => data.token).join(''), tokens, done: last.data }
}

/** Starts `count` streams this far apart and resolves to the ids of the workers that ran them, one for each stream. */
export async function workersOfStreams(url: string, count: number, apartMs: number): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      await sleep(index * apartMs)
      return streamGeneration(url, `Name ${index + 2} colours.`)
    }),
  )
  return Promise.all(
    answers.map(async ({ id }) => {
      const job = (await (await fetch(`${url}/jobs/${id}`)).json()) as { worker?: { id: string } }
      return job.worker?.id ?? 'unknown'
    }),
  )
}

/** Waits until GET /workers lists this many workers that can serve. */
export async function untilWorkers(url: string, count: number, limitMs: number, key?: string): Promise<void> {
  let seen = ''
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` }
  for (const giveUpAt = Date.now() + limitMs; Date.now() < giveUpAt; await sleep(300)) {
    try {
      seen = await (await fetch(`${url}/workers`, { headers, signal: AbortSignal.timeout(5000) })).text()
      const { workers } = JSON.parse(seen) as { workers: { ready: boolean }[] }
      if (workers.filter(({ ready }) => ready).length >= count) return
    } catch (thrown) {
      seen = String(thrown)
    }
  }
  throw new Error(`${url} never had ${count} workers; at the end: ${seen}`)
}
