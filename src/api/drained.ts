// Back-pressure: a response whose client is slow is written no faster than it reads.

import type { Response } from 'express'

/** A client that takes nothing for this long is gone or stuck. */
const stalledClientMs = 30_000

/** Resolves when the client can take more. @returns false when it has gone; one that is stuck is cut off */
export async function drained(response: Response): Promise<boolean> {
  const ok = await new Promise<boolean>((resolve) => {
    const settle = (value: boolean) => () => {
      clearTimeout(timer)
      response.off('drain', onDrain)
      response.off('close', onClose)
      resolve(value)
    }
    const onDrain = settle(true)
    const onClose = settle(false)
    const timer = setTimeout(settle(false), stalledClientMs)
    response.once('drain', onDrain)
    response.once('close', onClose)
  })
  if (!ok) response.destroy()
  return ok
}
