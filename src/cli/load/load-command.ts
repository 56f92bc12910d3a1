// `workflowai bench [URL]`: what a running service gives its clients, at several numbers of streams at once.

import { Command, InvalidArgumentError } from 'commander'
import { serviceUrl } from '../service-url.ts'
import { type LoadFigures, runLoad } from './load.ts'

interface Options {
  streams: number[]
  promptTokens: number
  newTokens: number
  json?: boolean
}

export function loadCommand(): Command {
  return new Command('bench')
    .description('a load on a running service: tokens a second, TTFT, gaps')
    .argument('[url]', 'the service (default: the one of this machine)')
    .option('--streams <counts>', 'how many at once, comma-separated', counts, [1, 8, 16])
    .option('--prompt-tokens <count>', 'about so many tokens in each prompt', count, 200)
    .option('--new-tokens <count>', 'tokens in each answer', count, 64)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nThe figures of the README are of `npm run bench`, which starts services of its own.')
    .action(bench)
}

async function bench(url: string | undefined, { streams, json = false, ...sizes }: Options): Promise<void> {
  const server = { url: `${serviceUrl(url)}/generate/stream`, kind: 'native' as const }
  // The first request of a service pays for more than itself.
  await runLoad(server, { concurrency: 1, requests: 1, ...sizes })
  const all: LoadFigures[] = []
  if (!json) print(row(['streams', 'tok/s', 'TTFT p50', 'TTFT p95', 'largest gap', 'slowest/median']))
  for (const concurrency of streams) {
    const figures = await runLoad(server, { concurrency, requests: Math.max(3, concurrency), ...sizes })
    all.push(figures)
    if (!json) print(row(cells(figures)))
  }
  if (json) print(JSON.stringify(all, null, 2))
}

function cells(figures: LoadFigures): string[] {
  const milliseconds = (value: number) => `${Math.round(value)} ms`
  return [
    String(figures.concurrency),
    figures.tokensPerSecond.toFixed(1),
    ...[figures.ttftP50Ms, figures.ttftP95Ms, figures.largestGapP50Ms].map(milliseconds),
    figures.slowestToMedianDecode.toFixed(2),
  ]
}

const row = (values: string[]) => values.map((value) => value.padStart(15)).join('')

function count(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= 100_000) return value
  throw new InvalidArgumentError('allowed: a whole number from 1 to 100000')
}

const counts = (text: string): number[] => text.split(',').map(count)

const print = (line: string): void => void process.stdout.write(`${line}\n`)
