// `npm run bench`: every figure of the README, each as a ratio to a baseline of the same run. Absolute figures move with
// the machine and its load; ratios of one run are what counts. bench-command.ts has its words and variables.

import { runProgram } from '../src/cli/run-program.ts'
import { runMain } from '../src/process-main.ts'
import { benchCommand } from './bench-command.ts'

await runMain(() =>
  runProgram(
    benchCommand(async (order) => {
      const { bench } = await import('./bench.ts')
      if (!(await bench(order))) process.exitCode = 1
    }),
  ),
)
