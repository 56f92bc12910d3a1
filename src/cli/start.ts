// The main file of `npm start`.

import { runMain } from '../process-main.ts'
import { startAll } from './start-all.ts'

// From a clone under tsx, or compiled: the children are what this file is.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

await runMain(() => startAll(process.env, { base: new URL('..', import.meta.url), extension }))
