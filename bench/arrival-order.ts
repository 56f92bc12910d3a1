// Whether those who come first are served first. Each request is sent when the one before has been accepted, so their
// order is certain.

import { readStream, type Server, type StreamTimes } from '../src/cli/load/http-stream.ts'
import { uniquePrompt } from '../src/cli/load/prompts.ts'
import type { Report } from './report.ts'

const streams = 64
const work = { promptTokens: 200, newTokens: 8 }

export async function benchArrivalOrder(report: Report, server: Server): Promise<void> {
  const answers: Promise<StreamTimes>[] = []
  for (let i = 0; i < streams; i++) {
    await new Promise<void>((accepted) => {
      const request = { prompt: uniquePrompt(work.promptTokens), maxTokens: work.newTokens }
      answers.push(readStream(server, request, { accepted }))
    })
  }
  const firstAt = (await Promise.all(answers)).map(({ tokenAt }) => tokenAt[0]!)
  report.claim({
    what: `of ${streams} streams, those whose first token came after that of a later arrival`,
    value: firstAt.filter((at, i) => firstAt.slice(i + 1).some((later) => later < at)).length,
    unit: '',
    limit: { atMost: 0 },
  })
}
