// The main file of `npm run smoke [URL]`.

import { runMain } from '../process-main.ts'
import { smoke } from './smoke-run.ts'

const words = process.argv.slice(2)
const json = words.includes('--json')

await runMain(() =>
  smoke(
    words.find((word) => word !== '--json'),
    { json },
  ),
)
