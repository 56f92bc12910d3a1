// The thread's entry when the sources are run as they are: Node does not hand a TypeScript loader down to its threads.
// Compiled code starts constraint-thread.js itself.

import { register } from 'tsx/esm/api'

register()
await import('./constraint-thread.ts')
