// Even sharing between workers. A worker takes a job only while it holds no more than the least loaded one that could
// take it too. Without this, whoever asks first gets most of what arrives a few milliseconds apart.

import type { LiveWorker } from '../stream/worker-registry.ts'

/** A worker that should have taken the job may be stuck; after this long another takes it. */
export const yieldMs = 50

/** Whether it is for this worker, holding `jobs`, to take the next job. */
export function isOwnTurn(ownId: string, jobs: number, live: LiveWorker[]): boolean {
  return live.every((other) => other.id === ownId || !other.ready || other.jobs >= other.slots || jobs <= other.jobs)
}

/** Of all workers that take jobs. */
export function slotsOf(live: LiveWorker[]): number {
  return live.reduce((sum, { ready, slots }) => sum + (ready ? slots : 0), 0)
}
