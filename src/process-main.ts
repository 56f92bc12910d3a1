// What every main file shares: how a process that can't start says so, and how one notices that its parent is gone.
// `npm start` reads the exit code: a process that is wrongly set up is not started again.

import { type AppError, toAppError } from './errors.ts'

/** Wrong setting, unusable model, missing program: starting again would end the same way (EX_CONFIG of sysexits.h). */
export const wrongSetupExitCode = 78

const wrongSetup: ReadonlySet<AppError['code']> = new Set(['bad_setting', 'bad_model', 'missing_dependency'])

/**
 * Runs a process's main function. What it throws ends the process: a wrong setup with one line on stderr, anything else
 * with its stack, because that is a bug. The end of a parent that forked this process ends it too.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  watchParent()
  try {
    await main()
  } catch (thrown) {
    const error = toAppError(thrown)
    const expected = error.code !== 'internal'
    process.stderr.write(`${expected ? `error: ${error.message}` : (error.stack ?? error.message)}\n`)
    process.exit(wrongSetup.has(error.code) ? wrongSetupExitCode : 1)
  }
}

/** Until a main file has something to stop in order, a process whose parent is gone just ends. */
let stopWithParent = (): void => process.exit(0)
let watching = false

/**
 * Calls `stop` once when the parent that forked this process is gone, however it ended: a killed parent can't send a
 * signal, but its IPC channel closes. Does nothing in a process that was not forked.
 */
export function onParentExit(stop: () => void): void {
  stopWithParent = stop
  watchParent()
}

function watchParent(): void {
  if (watching || !process.connected) return
  watching = true
  process.once('disconnect', () => stopWithParent())
  // Listening keeps no process alive that has nothing else to do.
  process.channel?.unref()
}
