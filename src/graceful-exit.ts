// How a process of the service ends: at a signal, when its parent is gone, or at a bug that nothing caught. What it
// holds is given up in order, within a deadline; a second signal does not wait.

import closeWithGrace from 'close-with-grace'
import type { Logger } from './logger.ts'
import { onParentExit } from './process-main.ts'

/** Shorter than what `npm start`, Docker and Kubernetes wait before they kill. */
const deadlineMs = 8000

/** @param stop gives up what the process holds. Called once. */
export function exitGracefully(stop: () => Promise<void>, logger: Logger): void {
  const { close } = closeWithGrace({ delay: deadlineMs, logger: false }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'stopping after an error that nothing caught')
    else logger.info({ signal: signal ?? 'parent gone' }, 'stopping')
    await stop()
    logger.info('stopped')
    if (!err && !signal) killSelf()
  })
  onParentExit(() => {
    setTimeout(killSelf, deadlineMs - 500)
    void close()
  })
}

/**
 * For a process whose parent is gone: nobody would end it, and nobody reads its exit code. process.exit waits for the
 * threads, and has been seen to wait forever.
 */
function killSelf(): void {
  process.kill(process.pid, 'SIGKILL')
}
