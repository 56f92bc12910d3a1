import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Move, type Plan, type Scheduled, Scheduler } from '../../src/inference/scheduler.ts'

interface Item extends Scheduled {
  name: string
  ids: number[]
}
/** Without `shared`, no two items begin with the same id. The last `generated` ids come from an earlier attempt. */
const item = (name: string, length: number, shared = 0, generated = 0): Item => ({
  name,
  promptTokens: length - generated,
  ids: Array.from({ length }, (_, i) => (i < shared ? i : i + 1000 * (1 + Number.parseInt(name, 36)))),
  computed: 0,
  prefilled: 0,
})

/** Runs a plan as the engine does: everything that decoded or finished its prompt gets one more id. */
function run(scheduler: Scheduler<Item>, plan: Plan<Item>): void {
  scheduler.ran(plan)
  if (plan.kind === 'idle') return
  for (const { ids } of plan.sampled) ids.push(7)
  if (plan.prompt?.completes) plan.prompt.sequence.ids.push(7)
}

function brief(plan: Plan<Item>): string {
  if (plan.kind === 'idle') return 'idle'
  const { sequences, prompt } = plan
  const parts = sequences.length > 0 ? [`decode ${sequences.map(({ name }) => name).join('')}`] : []
  if (prompt) parts.push(`prefill ${prompt.sequence.name} ${prompt.count}`)
  return parts.join(' + ')
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
    expect(new Scheduler({ running: 2 }).next()).toEqual({ kind: 'idle' })
  })

  it('reads prompts in order, in chunks beside which the others go on', () => {
    const scheduler = new Scheduler<Item>({ running: 4 })
    scheduler.add(item('a', 10))
    scheduler.add(item('b', 600))
    scheduler.add(item('c', 5))
    expect(steps(scheduler, 6)).toEqual([
      'prefill a 10',
      'decode a + prefill b 256',
      'decode a + prefill b 256',
      'decode a + prefill b 88',
      'decode ab + prefill c 5',
      'decode abc',
    ])
  })

  it('lets sequences wait for a slot', () => {
    const scheduler = new Scheduler<Item>({ running: 1 })
    const [a, b] = [item('a', 1), item('b', 1)]
    scheduler.add(a)
    scheduler.add(b)
    expect(steps(scheduler, 3)).toEqual(['prefill a 1', 'decode a', 'decode a'])
    expect(scheduler.waiting).toBe(1)
    scheduler.remove(new Set([a]))
    expect(steps(scheduler, 1)).toEqual(['prefill b 1'])
  })

  it('closes a gap with the last decoding sequence and then the one being read', () => {
    const scheduler = new Scheduler<Item>({ running: 4 })
    const [a, b, c] = [item('a', 3), item('b', 4), item('c', 300)]
    for (const sequence of [a, b, c]) scheduler.add(sequence)
    expect(steps(scheduler, 3).at(-1)).toBe('decode ab + prefill c 256')
    scheduler.remove(new Set([a]))
    const plan = scheduler.next()
    expect(plan).toMatchObject({
      moves: [
        { from: 1, to: 0, rows: b.computed },
        { from: 2, to: 1, rows: 256 },
      ],
    })
    run(scheduler, plan)
    expect(brief(plan)).toBe('decode b + prefill c 44')
    expect(steps(scheduler, 1)).toEqual(['decode bc'])
  })

  it('gives eight streams their next token beside every chunk of a long prompt', () => {
    const scheduler = new Scheduler<Item>({ running: 10 })
    for (const name of 'abcdefgh') scheduler.add(item(name, 5))
    expect(steps(scheduler, 9).at(-1)).toBe('decode abcdefgh')
    scheduler.add(item('x', 1500))
    expect(steps(scheduler, 7)).toEqual([
      ...Array.from({ length: 5 }, () => 'decode abcdefgh + prefill x 256'),
      'decode abcdefgh + prefill x 220',
      'decode abcdefghx',
    ])
  })

  it('never leaves one id alone for the last chunk', () => {
    const scheduler = new Scheduler<Item>({ running: 1 })
    scheduler.add(item('a', 257))
    expect(steps(scheduler, 2)).toEqual(['prefill a 255', 'prefill a 2'])
  })

  it('computes only what follows the longest beginning that some slot holds', () => {
    const scheduler = new Scheduler<Item>({ running: 2, slots: 4 })
    scheduler.add(item('a', 100, 40))
    scheduler.add(item('b', 100, 60))
    scheduler.add(item('c', 60, 60))
    expect(steps(scheduler, 3)).toEqual(['prefill a 100', 'decode a + prefill b 60', 'decode ab'])
    const [a] = scheduler.running
    scheduler.remove(new Set([a!]))
    // All of c but its last two ids is in the slot of b, which had moved to slot 0.
    const plan = scheduler.next()
    expect(plan).toMatchObject({ sequences: [{ name: 'b' }], prompt: { count: 2, completes: true } })
    expect(plan.kind === 'run' && plan.moves.at(-1)).toEqual({ from: 0, to: 1, rows: 58 })
  })

  it('finds what an ended sequence left, in place or moved out of the way', () => {
    const scheduler = new Scheduler<Item>({ running: 1, slots: 2 })
    const [a, b] = [item('a', 50, 30), item('b', 50)]
    scheduler.add(a)
    steps(scheduler, 1)
    scheduler.remove(new Set([a]))
    scheduler.add(b)
    expect(scheduler.next()).toMatchObject({ prompt: { count: 50 }, moves: [{ from: 0, to: 1, rows: 50 }] })
    steps(scheduler, 1)
    scheduler.remove(new Set([b]))
    scheduler.add(item('c', 50, 30))
    // b was used longer ago than a, whose beginning is used now: it goes.
    expect(scheduler.next()).toMatchObject({ prompt: { count: 20 }, moves: [{ from: 1, to: 0, rows: 30 }] })
  })

  it('keeps nothing of a spoilt sequence', () => {
    const scheduler = new Scheduler<Item>({ running: 2, slots: 3 })
    for (let i = 0; i < 2; i++) {
      scheduler.add(item('a', 50, 50))
      expect(steps(scheduler, 1)).toEqual(['prefill a 50'])
      const spoilt = new Set(scheduler.running)
      scheduler.remove(spoilt, spoilt)
      expect(scheduler.all).toEqual([])
    }
  })

  it('puts the youngest back to wait when the cache is full, and runs it again before what came later', () => {
    const scheduler = new Scheduler<Item>({ running: 3, kvTokens: 150, prefixReuse: false })
    const [a, b, c] = [item('a', 40), item('b', 50), item('c', 20)]
    for (const sequence of [a, b, c]) scheduler.add(sequence)
    expect(steps(scheduler, 3)).toEqual(['prefill a 40', 'decode a + prefill b 50', 'decode ab'])
    // c would leave no room to grow.
    expect(scheduler.waiting).toBe(1)
    expect(steps(scheduler, 30).at(-1)).toBe('decode a')
    expect(scheduler).toMatchObject({ preemptions: 1, waiting: 2 })
    expect(b.computed).toBe(0)
    scheduler.remove(new Set([a]))
    const generated = b.ids.length - 50
    expect(generated).toBeGreaterThan(1)
    expect(steps(scheduler, 3)).toEqual(['prefill b 50', 'decode b + prefill c 20', 'decode bc'])
    // What b had generated is computed as it was then, one id a step, and nothing is drawn meanwhile.
    steps(scheduler, generated - 2)
    expect(b.ids.length).toBe(50 + generated + 1)
  })

  it('computes the ids of an earlier attempt one a step beside the others, and draws behind the last', () => {
    const scheduler = new Scheduler<Item>({ running: 2 })
    const [a, b] = [item('a', 10), item('b', 303, 0, 3)]
    scheduler.add(a)
    scheduler.add(b)
    const sampled = () => {
      const plan = scheduler.next()
      run(scheduler, plan)
      const drawn = plan.kind === 'run' ? plan.sampled.map(({ name }) => name).join('') : ''
      return plan.kind === 'run' && plan.prompt ? `${drawn} + ${plan.prompt.count}` : drawn
    }
    expect([1, 2, 3, 4, 5, 6].map(sampled)).toEqual([' + 10', 'a + 256', 'a + 44', 'a', 'a', 'ab'])
  })

  it('computes them in runs where the model gives runs the same bits, up to half a chunk a step', () => {
    const scheduler = new Scheduler<Item>({ running: 4, exactRuns: true })
    const [a, b, c, d] = [item('a', 10), item('b', 210, 0, 200), item('c', 110, 0, 100), item('d', 400)]
    for (const sequence of [a, b, c, d]) scheduler.add(sequence)
    const next = () => {
      const plan = scheduler.next()
      run(scheduler, plan)
      if (plan.kind === 'idle') return []
      const drawn = plan.sampled.map(({ name }) => name).join('')
      return [plan.counts.join(), drawn, plan.prompt?.count ?? 0]
    }
    expect([1, 2, 3, 4, 5, 6].map(next)).toEqual([
      ['', '', 10],
      ['1', 'a', 10],
      ['1,129', 'a', 10],
      ['1,71,59', 'ab', 128],
      ['1,1,41', 'abc', 216],
      ['1,1,1', 'abc', 56],
    ])
  })

  it('starts with those ids at once where some slot holds the whole prompt', () => {
    const scheduler = new Scheduler<Item>({ running: 1, slots: 2 })
    const a = item('a', 50, 50)
    scheduler.add(a)
    steps(scheduler, 2)
    scheduler.remove(new Set([a]))
    scheduler.add(item('b', 53, 50, 3))
    expect(scheduler.next()).toMatchObject({ prompt: null, sampled: [], sequences: [{ name: 'b', computed: 50 }] })
  })

  it('runs one sequence alone however long it is', () => {
    const scheduler = new Scheduler<Item>({ running: 3, kvTokens: 10 })
    scheduler.add(item('a', 40))
    scheduler.add(item('b', 40))
    expect(steps(scheduler, 3)).toEqual(['prefill a 40', 'decode a', 'decode a'])
  })

  it('keeps every sequence in the slot that its batch names, whatever comes and goes', () => {
    const action = fc.oneof(
      fc.record({
        do: fc.constant('add' as const),
        length: fc.integer({ min: 1, max: 700 }),
        shared: fc.constantFrom(0, 20, 150, 400),
        generated: fc.constantFrom(0, 0, 1, 5, 200),
      }),
      fc.record({ do: fc.constant('step' as const) }),
      fc.record({ do: fc.constant('remove' as const), which: fc.array(fc.nat(8), { maxLength: 4 }) }),
    )
    const options = fc.record({
      running: fc.integer({ min: 1, max: 5 }),
      spare: fc.integer({ min: 0, max: 2 }),
      kvTokens: fc.constantFrom(Number.POSITIVE_INFINITY, 900, 300),
      exactRuns: fc.boolean(),
    })
    fc.assert(
      fc.property(options, fc.array(action, { maxLength: 80 }), ({ running, spare, kvTokens, exactRuns }, actions) => {
        const slots = running + spare
        const scheduler = new Scheduler<Item>({ running, slots, kvTokens, exactRuns })
        /** What the cache would hold: the ids of each slot's rows. */
        const cache: number[][] = Array.from({ length: slots }, () => [])
        const move = ({ from, to, rows }: Move) => {
          expect(cache[from]!.length).toBeGreaterThanOrEqual(rows)
          cache[to] = cache[from]!.slice(0, rows)
        }
        const compute = (slot: number, { ids, computed }: Item, count: number) => {
          expect(cache[slot]!.slice(0, computed)).toEqual(ids.slice(0, computed))
          cache[slot] = ids.slice(0, computed + count)
        }
        for (const [index, next] of actions.entries()) {
          if (next.do === 'add')
            scheduler.add(item(`${index}`, next.length + next.generated, next.shared, next.generated))
          if (next.do === 'remove') {
            const gone = next.which.map((at) => scheduler.all[at]).filter((s) => s !== undefined)
            scheduler.remove(new Set(gone), new Set(gone.slice(1)))
            for (const sequence of gone) expect(scheduler.all).not.toContain(sequence)
          }
          if (next.do !== 'step') continue
          const plan = scheduler.next()
          if (plan.kind === 'idle') continue
          expect(scheduler.running.length).toBeLessThanOrEqual(running)
          for (const each of plan.moves) move(each)
          for (const [slot, sequence] of plan.sequences.entries()) {
            expect(sequence.computed).toBeGreaterThanOrEqual(sequence.promptTokens)
            const end = sequence.computed + plan.counts[slot]!
            expect(plan.sampled.includes(sequence)).toBe(end === sequence.ids.length)
            compute(slot, sequence, plan.counts[slot]!)
          }
          const more = plan.counts.reduce((sum, count) => sum + count - 1, 0)
          expect(more).toBeLessThanOrEqual(exactRuns ? 128 : 0)
          if (plan.prompt) {
            expect(plan.prompt.count + more).toBeLessThanOrEqual(256)
            if (plan.prompt.sequence.promptTokens > 1) expect(plan.prompt.count).toBeGreaterThan(1)
            compute(plan.sequences.length, plan.prompt.sequence, plan.prompt.count)
          } else {
            const held = scheduler.running.reduce((sum, { ids }) => sum + ids.length, 0)
            if (scheduler.running.length > 1) expect(held).toBeLessThanOrEqual(kvTokens)
          }
          run(scheduler, plan)
        }
      }),
      { numRuns: 500 },
    )
  })
})
