// Waiting for the masks of sequences with a format: they are computed in a thread of their own.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Sequence } from './sequence.ts'

/** The longest wait for a mask before new requests and cancellations get their turn. */
const maskTimeoutMs = 20

/** Nothing was drawn: if masks are what it takes, waits for one of them instead of running the same ids again at once. */
export async function untilMask(sequences: Sequence[]): Promise<void> {
  const awaited = sequences.flatMap(({ constraint }) => (constraint && !constraint.mask ? [constraint.settled()] : []))
  if (awaited.length > 0) await Promise.race([...awaited, sleep(maskTimeoutMs)])
}
