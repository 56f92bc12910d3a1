// Starts the engine's own process: see engine-process.ts.

import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Forks engine-process beside this file: TypeScript through tsx in development, JavaScript when built. */
export function forkEngine(): ChildProcess {
  const extension = extname(fileURLToPath(import.meta.url))
  const entry = fileURLToPath(new URL(`./engine-process${extension}`, import.meta.url))
  const loader = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return fork(entry, [], {
    execArgv: extension === '.ts' ? ['--import', loader()] : [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
