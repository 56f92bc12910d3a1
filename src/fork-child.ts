// Starts a process of ours: TypeScript through tsx in development, JavaScript when built.

import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Forks the module `name` beside the one whose `import.meta.url` is given. */
export function forkChild(beside: string, name: string): ChildProcess {
  const extension = extname(fileURLToPath(beside))
  const entry = fileURLToPath(new URL(`./${name}${extension}`, beside))
  const loader = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return fork(entry, [], {
    execArgv: extension === '.ts' ? ['--import', loader()] : [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
