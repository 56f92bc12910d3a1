import { expect, it } from 'vitest'
import { explainAbsence, type FaultSpan } from './fault-spans.ts'
import type { Place } from './faulty-service.ts'

const fault = (at: Place, from: number, until: number): FaultSpan => ({ what: 'pause', at, from, until })
const api = (index: number): Place => ({ kind: 'api', index })
const away = { from: 1000, until: 8000 }

it('two faults of APIs or of Redis explain that readers were kept away, wherever in that time they were', () => {
  expect(explainAbsence(away, [fault(api(0), 900, 1100), fault(api(1), 7000, 9000)])).toBe(true)
  expect(explainAbsence(away, [fault({ kind: 'redis' }, 2000, 3000), fault(api(0), 0, 9000)])).toBe(true)
  expect(explainAbsence(away, [fault(api(0), 1000, 3000), fault(api(0), 3000, 6000)])).toBe(true)
})

it('one fault alone does not, nor what was over or came later, nor what workers and engines suffered', () => {
  expect(explainAbsence(away, [])).toBe(false)
  expect(explainAbsence(away, [fault(api(0), 1000, 8000)])).toBe(false)
  expect(explainAbsence(away, [fault(api(0), 2000, 3000), fault(api(1), 0, 999), fault(api(1), 8001, 9000)])).toBe(
    false,
  )
  const others = [fault({ kind: 'worker', index: 0 }, 0, 9000), fault({ kind: 'engine', index: 0 }, 0, 9000)]
  expect(explainAbsence(away, [fault(api(0), 2000, 3000), ...others])).toBe(false)
})
