// The figures of another engine in process, from the command in OPENVINO_BENCH: it prints lines such as
// `openvino-genai sequences=16 tok_s=243 ttft_p50_ms=1110`, for the same work as ours.

import { execFileSync } from 'node:child_process'

export interface PeerFigures {
  tokensPerSecond: number
  ttftP50Ms: number
}

/** By number of sequences. @throws Error when the command fails or prints no such line */
export function openVinoFigures(command: string): Map<number, PeerFigures> {
  const output = execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = [...output.matchAll(/sequences=(\d+) tok_s=([\d.]+) ttft_p50_ms=([\d.]+)/g)]
  if (lines.length === 0) throw new Error(`OPENVINO_BENCH printed no figures:\n${output}`)
  return new Map(
    lines.map(([, sequences, rate, ttft]) => [
      Number(sequences),
      { tokensPerSecond: Number(rate), ttftP50Ms: Number(ttft) },
    ]),
  )
}
