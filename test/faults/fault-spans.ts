// Which faults may have kept a stream's readers away. Readers go from one API to another, and no fault of one place lasts
// for the grace, so it takes two: of APIs, of Redis or of both.

import type { Fault } from './faulty-service.ts'

/** Of `performance.now()`. */
export interface Span {
  from: number
  until: number
}

/** From the moment when it was ordered until what it hit served again. */
export type FaultSpan = Span & Pick<Fault, 'what' | 'at'>

/** Those of the faults that readers feel: what workers and engines suffer costs them tokens, but no connection. */
export function feltDuring({ from, until }: Span, faults: FaultSpan[]): FaultSpan[] {
  return faults.filter(
    ({ at, ...fault }) => (at.kind === 'api' || at.kind === 'redis') && fault.from < until && fault.until > from,
  )
}

export function explainAbsence(away: Span, faults: FaultSpan[]): boolean {
  return feltDuring(away, faults).length >= 2
}
