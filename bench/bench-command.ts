// The words of `npm run bench`, apart from what it does: help and a wrong word are answered without loading any of it.

import { Argument, Command } from 'commander'

/** What can be measured by itself, in the order in which it is. */
const parts = {
  service: 'what clients get over HTTP, from 1 stream to 64, and log analyses: about 6 minutes',
  engine: 'the engine alone, beside the same weights in stock form: about 5 minutes',
  delivery: 'pauses when processes die, relayed tokens, idle readers, a flood of requests: about 10 minutes',
  edge: 'wrong keys by the thousand, fair shares between keys: about 2 minutes',
}

export type Part = keyof typeof parts

export interface BenchOrder {
  parts: ReadonlySet<Part>
  /** Into the README and docs/bench.svg. */
  write: boolean
}

const names = Object.keys(parts) as Part[]

const more = `
Parts:
${names.map((name) => `  ${name.padEnd(9)} ${parts[name]}`).join('\n')}
  All of them take 20 to 25 minutes.

Variables:
  LLAMA_SERVER=URL        a llama-server with the same weights at Q8_0, measured beside the service
  OPENVINO_BENCH=COMMAND  prints the figures of OpenVINO GenAI, in turns with the engine

Exit codes: 0 every claim is kept; 1 one is not, or a part failed; 2 wrong words or options; 78 wrong settings.
To measure a service that runs: npx workflowai bench URL`

export function benchCommand(act: (order: BenchOrder) => Promise<void>): Command {
  const command = new Command('npm run bench --')
    .description('every figure of the README, each as a ratio to a baseline of the same run')
    .addArgument(new Argument('[parts...]', 'what to measure; all without one').choices(names))
    .option('--write', 'write the figures into the README and docs/bench.svg; of a run of all parts only')
    .addHelpText('after', more)
    // One line, as for a wrong part: a guess at what was meant would be a second one.
    .showSuggestionAfterError(false)
    .configureOutput({
      outputError: (text, write) => write(text.replace(/unknown option .*/, '$&; allowed: --write, --help')),
    })
  return command.action((chosen: Part[], { write = false }: { write?: boolean }) => {
    if (write && chosen.length > 0) {
      command.error(
        `error: --write is refused with a part (${chosen.join(', ')}): the README's tables are of one complete run; ` +
          'leave out one or the other',
      )
    }
    return act({ parts: new Set(chosen.length > 0 ? chosen : names), write })
  })
}
