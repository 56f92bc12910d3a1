// The main file of `npm run smoke [URL]`.

import { runMain } from '../process-main.ts'
import { runProgram } from './run-program.ts'
import { smokeCommand } from './smoke-command.ts'

await runMain(() => runProgram(smokeCommand().name('npm run smoke --')))
