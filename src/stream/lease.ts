// How long the readers' lease of a job lasts, and how often an API renews those of the jobs that are read there.

export function renewalMs(graceMs: number): number {
  return graceMs / 3
}

/**
 * Who leaves right before a renewal, or with the API that makes it, still has the whole grace; also where renewals are late
 * by half their interval.
 */
export function leaseMs(graceMs: number): number {
  return Math.ceil(graceMs + 1.5 * renewalMs(graceMs))
}
