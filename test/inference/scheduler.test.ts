import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Move, type Plan, Scheduler } from '../../src/inference/scheduler.ts'

interface Item {
  name: string
  length: number
  computed: number
}
const item = (name: string, length: number): Item => ({ name, length, computed: 0 })

/** Runs a plan as the engine does: everything that decoded or finished its prompt gets one more id. */
function run(scheduler: Scheduler<Item>, plan: Plan<Item>): void {
  scheduler.ran(plan)
  if (plan.kind === 'prefill' && plan.completes) plan.sequence.length++
  if (plan.kind === 'decode') for (const sequence of plan.sequences) sequence.length++
}

function brief(plan: Plan<Item>): string {
  if (plan.kind === 'idle') return 'idle'
  if (plan.kind === 'prefill') return `prefill ${plan.sequence.name} ${plan.count}`
  return `decode ${plan.sequences.map(({ name }) => name).join('')}`
}

function steps(scheduler: Scheduler<Item>, count: number): string[] {
  return Array.from({ length: count }, () => {
    const plan = scheduler.next()
    run(scheduler, plan)
    return brief(plan)
  })
}

describe('the scheduler', () => {
  it('is idle without sequences', () => {
    expect(new Scheduler(2).next()).toEqual({ kind: 'idle' })
  })

  it('reads prompts in order, in chunks between which the others go on', () => {
    const scheduler = new Scheduler<Item>(4)
    scheduler.add(item('a', 10))
    scheduler.add(item('b', 600))
    scheduler.add(item('c', 5))
    expect(steps(scheduler, 9)).toEqual([
      'prefill a 10',
      'decode a',
      'prefill b 256',
      'decode a',
      'prefill b 256',
      'decode a',
      'prefill b 88',
      'prefill c 5',
      'decode abc',
    ])
  })

  it('lets short prompts share what may run between two decode steps', () => {
    const scheduler = new Scheduler<Item>(8)
    for (const name of 'abcd') scheduler.add(item(name, 100))
    expect(steps(scheduler, 6)).toEqual([
      'prefill a 100',
      'prefill b 100',
      'decode ab',
      'prefill c 100',
      'prefill d 100',
      'decode abcd',
    ])
  })

  it('lets sequences wait for a slot', () => {
    const scheduler = new Scheduler<Item>(1)
    const [a, b] = [item('a', 1), item('b', 1)]
    scheduler.add(a)
    scheduler.add(b)
    expect(steps(scheduler, 3)).toEqual(['prefill a 1', 'decode a', 'decode a'])
    expect(scheduler.waiting).toBe(1)
    expect(scheduler.remove(new Set([a]))).toEqual([])
    expect(steps(scheduler, 1)).toEqual(['prefill b 1'])
  })

  it('closes a gap with the last decoding sequence and then the one being read', () => {
    const scheduler = new Scheduler<Item>(4)
    const [a, b, c] = [item('a', 3), item('b', 4), item('c', 300)]
    for (const sequence of [a, b, c]) scheduler.add(sequence)
    expect(steps(scheduler, 4).at(-1)).toBe('prefill c 256')
    expect(scheduler.remove(new Set([a]))).toEqual([
      { from: 1, to: 0, rows: b.computed },
      { from: 2, to: 1, rows: 256 },
    ])
    expect(steps(scheduler, 2)).toEqual(['decode b', 'prefill c 44'])
  })

  it('keeps every sequence in the slot that its batch names, whatever comes and goes', () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant('add' as const), length: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ do: fc.constant('step' as const) }),
      fc.record({ do: fc.constant('remove' as const), which: fc.array(fc.nat(8), { maxLength: 4 }) }),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const scheduler = new Scheduler<Item>(5)
        /** What the cache would hold: whose rows, and how many. */
        const cache: ({ owner: Item; rows: number } | null)[] = new Array(5).fill(null)
        const move = ({ from, to, rows }: Move) => {
          expect(cache[from]!.rows).toBeGreaterThanOrEqual(rows)
          cache[to] = { owner: cache[from]!.owner, rows }
        }
        for (const [index, next] of actions.entries()) {
          if (next.do === 'add') scheduler.add(item(`s${index}`, next.length))
          if (next.do === 'remove') {
            const gone = next.which.map((at) => scheduler.all[at]).filter((s) => s !== undefined)
            for (const each of scheduler.remove(new Set(gone))) move(each)
            for (const sequence of gone) expect(scheduler.all).not.toContain(sequence)
          }
          if (next.do !== 'step') continue
          const plan = scheduler.next()
          if (plan.kind === 'prefill') {
            const { sequence, slot, count } = plan
            if (sequence.computed > 0) expect(cache[slot]).toEqual({ owner: sequence, rows: sequence.computed })
            expect(count).toBeLessThanOrEqual(256)
            cache[slot] = { owner: sequence, rows: sequence.computed + count }
          }
          if (plan.kind === 'decode') {
            for (const [slot, sequence] of plan.sequences.entries()) {
              expect(cache[slot]).toEqual({ owner: sequence, rows: sequence.length - 1 })
              cache[slot] = { owner: sequence, rows: sequence.length }
            }
          }
          run(scheduler, plan)
        }
      }),
      { numRuns: 500 },
    )
  })
})
