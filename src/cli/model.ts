// The main file of `npm run model`.

import { runMain } from '../process-main.ts'
import { modelCommand } from './model-command.ts'
import { runProgram } from './run-program.ts'

await runMain(() => runProgram(modelCommand().name('npm run model --')))
