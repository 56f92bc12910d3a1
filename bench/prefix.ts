// Two requests that begin alike: the second one's beginning is copied, not computed.

import { readStream, type Server, ttftMs } from '../src/cli/load/http-stream.ts'
import { uniquePrompt } from '../src/cli/load/prompts.ts'
import { median } from '../src/cli/load/statistics.ts'
import type { Report } from './report.ts'

const prefixTokens = 1000
const runs = 3

export async function benchPrefix(report: Report, server: Server): Promise<void> {
  const ratios: number[] = []
  for (let run = 0; run < runs; run++) {
    const prefix = uniquePrompt(prefixTokens)
    const first = ttftMs(await readStream(server, { prompt: `${prefix} First of all,`, maxTokens: 1 }))
    const second = ttftMs(await readStream(server, { prompt: `${prefix} And in the second place,`, maxTokens: 1 }))
    ratios.push(second / first)
  }
  report.claim({
    what: `TTFT of a second request with the same ${prefixTokens.toLocaleString('en')}-token prefix, to the first's`,
    value: median(ratios),
    unit: 'x',
    limit: { atMost: 0.25 },
  })
}
