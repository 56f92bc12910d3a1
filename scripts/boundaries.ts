// Checks the import table (.dependency-cruiser.cjs) over src in the current folder. dependency-cruiser calls it a success
// when it could read no file at all, so the number of modules it saw is checked too.

import { fileURLToPath } from 'node:url'
import { runCommand } from '../src/cli/run-command.ts'

const program = fileURLToPath(new URL('../node_modules/.bin/depcruise', import.meta.url))
const { exitCode, output } = await runCommand(program, ['src', '--config', '--no-progress'], { timeoutMs: 120_000 })
const modules = Number(/(\d+) modules/.exec(output)?.[1] ?? 0)
process.stdout.write(output)
if (modules === 0) process.stdout.write('error: dependency-cruiser saw no module: it checked nothing\n')
process.exit(exitCode === 0 && modules === 0 ? 1 : (exitCode ?? 1))
