// The main file of `npm run smoke [URL]`.

import { runMain } from '../process-main.ts'
import { smoke } from './smoke-run.ts'

await runMain(() => smoke(process.argv[2]))
