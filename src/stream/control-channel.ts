// The channel on which workers are told what can't wait for their next poll. Losing a message costs time, never a job.

import type { Keys } from './keys.ts'
import type { RedisClient } from './redis.ts'

export type ControlMessage =
  /** Something waits in line. */
  | { type: 'work' }
  /** The worker that runs this job is to stop it. */
  | { type: 'cancel'; id: string }

export async function sendControl(redis: RedisClient, keys: Keys, message: ControlMessage): Promise<void> {
  await redis.publish(keys.control, JSON.stringify(message))
}

/** A message on the channel; null for anything this version does not know. */
export function parseControl(text: string): ControlMessage | null {
  try {
    const value = JSON.parse(text) as { type?: unknown; id?: unknown }
    if (value.type === 'work') return { type: 'work' }
    return value.type === 'cancel' && typeof value.id === 'string' ? { type: 'cancel', id: value.id } : null
  } catch {
    return null
  }
}
