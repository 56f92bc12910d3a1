// A long prompt arrives while others stream: how long they stand still. Prompts are read in chunks, with a decode step
// of the running streams after each, so that should be little more than one chunk's time.

import { readStream, type Server, ttftMs } from '../src/cli/load/http-stream.ts'
import { uniquePrompt } from '../src/cli/load/prompts.ts'
import { median } from '../src/cli/load/statistics.ts'
import type { Report } from './report.ts'

const streams = 8
const longTokens = 1500
/** The scheduler's chunk; a prompt of `longTokens` is so many of them and a rest. */
const chunkTokens = 256
const wholeChunks = Math.floor(longTokens / chunkTokens)
/** Tokens that each stream has before the long prompt is sent, and in all: more than come while it is read. */
const before = 8
const newTokens = 160

export async function benchLongPrompt(report: Report, server: Server): Promise<void> {
  const chunkMs = await chunkTime(server)
  const gapMs = await largestGapMeanwhile(server)
  report.claim({
    what: `largest token gap of ${streams} streams while a ${longTokens.toLocaleString('en')}-token prompt is read, by the time of a chunk (${chunkMs.toFixed(0)} ms)`,
    value: gapMs / chunkMs,
    unit: 'x',
    limit: { atMost: 3 },
  })
}

/** Read alone: what the whole chunks add to the time of the rest, so that whatever the service adds falls out. */
async function chunkTime(server: Server): Promise<number> {
  const alone = async (tokens: number) => {
    const times: number[] = []
    for (let i = 0; i < 3; i++)
      times.push(ttftMs(await readStream(server, { prompt: uniquePrompt(tokens), maxTokens: 1 })))
    return median(times)
  }
  return ((await alone(longTokens)) - (await alone(longTokens - wholeChunks * chunkTokens))) / wholeChunks
}

async function largestGapMeanwhile(server: Server): Promise<number> {
  let short = streams
  let allRun = () => {}
  const running = new Promise<void>((resolve) => {
    allRun = resolve
  })
  const others = Array.from({ length: streams }, () => {
    let tokens = 0
    const token = () => {
      if (++tokens === before && --short === 0) allRun()
    }
    return readStream(server, { prompt: uniquePrompt(64), maxTokens: newTokens }, { token })
  })
  await running
  const long = await readStream(server, { prompt: uniquePrompt(longTokens), maxTokens: 1 })
  let largest = 0
  for (const { tokenAt } of await Promise.all(others)) {
    for (const [i, at] of tokenAt.entries()) {
      const last = tokenAt[i - 1] ?? at
      if (at > long.sentAt && last < long.tokenAt[0]!) largest = Math.max(largest, at - last)
    }
  }
  return largest
}
