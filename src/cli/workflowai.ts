// `npx workflowai`: everything the service does, as one command.

import { runMain } from '../process-main.ts'
import { runProgram } from './run-program.ts'
import { workflowaiCommand } from './workflowai-command.ts'

await runMain(() => runProgram(workflowaiCommand()))
