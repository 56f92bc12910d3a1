// `npm run analyze -- FILE`, or a log piped into `npm run -s analyze`.

import { runMain } from '../process-main.ts'
import { analyzeCommand } from './analyze-command.ts'

await runMain(async () => {
  const { stdin, stdout, stderr, env } = process
  process.exitCode = await analyzeCommand(process.argv.slice(2), { stdin, stdout, stderr, env })
})
