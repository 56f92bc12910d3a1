import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decay, decayLimit } from '../../src/inference/decay.ts'
import type { SamplingParams } from '../../src/inference/engine.ts'
import { logprobsOf } from '../../src/inference/logprobs.ts'
import { TokenCounts } from '../../src/inference/penalties.ts'
import { Noise } from '../../src/inference/random.ts'
import { Sampler } from '../../src/inference/sampler.ts'

const neutral: SamplingParams = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 7,
}

function sample(logits: number[], params: Partial<SamplingParams> = {}, position = 0, extra = {}): number {
  const choice = { params: { ...neutral, ...params }, position, counts: null, allowed: null, banned: null, ...extra }
  return new Sampler(logits.length).sample(Float32Array.from(logits), choice)
}

/** The same by definition: sort everything, cut, let all that is left race. */
function reference(
  logits: number[],
  { temperature, topK, topP, minP, seed }: SamplingParams,
  position: number,
): number {
  const row = Float32Array.from(logits)
  const max = Math.max(...row)
  let kept = [...row].map((logit, id) => ({ id, weight: decay((max - logit) * (1 / temperature)) }))
  kept.sort((a, b) => b.weight - a.weight || a.id - b.id)
  if (topK > 0) kept = kept.slice(0, topK)
  const total = kept.reduce((sum, { weight }) => sum + weight, 0)
  let sum = 0
  kept = kept.filter(({ weight }) => {
    const needed = sum < topP * total
    sum += weight
    return needed || topP === 1
  })
  const noise = new Noise(seed, position)
  const scores = kept
    .filter(({ weight }) => weight >= minP)
    .map(({ id, weight }) => ({ id, score: weight / -Math.log(noise.at(id)) }))
  return scores.sort((a, b) => b.score - a.score || a.id - b.id)[0]!.id
}

/** Few far apart, and many close together, so that ties and full buckets occur. */
const logits = fc.oneof(
  fc.array(
    fc.integer({ min: -80, max: 80 }).map((n) => n / 8),
    { minLength: 1, maxLength: 60 },
  ),
  fc.array(
    fc.integer({ min: 0, max: 200 }).map((n) => n / 64),
    { minLength: 1, maxLength: 400, size: 'max' },
  ),
)
const filters = fc.record({
  temperature: fc.constantFrom(0.1, 0.7, 1, 2),
  topK: fc.constantFrom(0, 1, 2, 5, 40),
  topP: fc.constantFrom(1, 0.95, 0.9, 0.51, 0.01),
  minP: fc.constantFrom(0, 0.05, 0.5, 1),
  seed: fc.maxSafeNat(),
})

describe('the table of e^-x', () => {
  it('is exact to 8e-6, never increases and ends at its limit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: decayLimit, noNaN: true, maxExcluded: true }), (x) => {
        expect(decay(x) / Math.exp(-x) - 1).toBeGreaterThanOrEqual(-1e-12)
        expect(decay(x) / Math.exp(-x) - 1).toBeLessThan(8e-6)
        expect(decay(x + 1e-3)).toBeLessThan(decay(x))
      }),
    )
    expect([decay(0), decay(decayLimit), decay(Number.POSITIVE_INFINITY), decay(Number.NaN)]).toEqual([1, 0, 0, 0])
  })
})

describe('the sampler', () => {
  it('is greedy at a temperature whose inverse is no number, whatever was sampled before', () => {
    const sampler = new Sampler(4)
    const choice = {
      params: { ...neutral, temperature: 1e-310 },
      position: 0,
      counts: null,
      allowed: null,
      banned: null,
    }
    expect(sampler.sample(Float32Array.of(9, 1, 1, 1), choice)).toBe(0)
    expect(sampler.sample(Float32Array.of(1, 1, 9, 1), choice)).toBe(2)
  })

  it('is greedy at temperature 0, the lowest id winning ties', () => {
    expect(sample([1, 5, 3, 5], { temperature: 0 })).toBe(1)
  })

  it('draws what sorting the whole vocabulary would give', () => {
    fc.assert(
      fc.property(logits, filters, fc.nat(1000), (row, params, position) => {
        expect(sample(row, params, position)).toBe(reference(row, { ...neutral, ...params }, position))
      }),
      { numRuns: 2000 },
    )
  })

  it('follows the distribution', () => {
    const probabilities = [0.5, 0.3, 0.15, 0.05]
    const counts = [0, 0, 0, 0]
    const sampler = new Sampler(4)
    const row = Float32Array.from(probabilities.map(Math.log))
    for (let position = 0; position < 20_000; position++) {
      counts[sampler.sample(row, { params: neutral, position, counts: null, allowed: null, banned: null })]! += 1
    }
    for (const [id, p] of probabilities.entries()) expect(Math.abs(counts[id]! / 20_000 - p)).toBeLessThan(0.015)
  })

  it('draws the same from weights that differ a little, as those of a batch do', () => {
    const sampler = new Sampler(200)
    const row = Float32Array.from({ length: 200 }, (_, id) => Math.sin(id))
    const params = { ...neutral, topP: 0.9 }
    let different = 0
    for (let position = 0; position < 2000; position++) {
      const nearly = row.map((logit, id) => logit + 1e-3 * Math.cos(id * (position + 1)))
      const choice = { params, position, counts: null, allowed: null, banned: null }
      if (sampler.sample(row, choice) !== sampler.sample(nearly, choice)) different++
    }
    // The distributions differ by about 3e-4.
    expect(different).toBeLessThan(5)
  })

  it('never draws what top-k, top-p or min-p cut off', () => {
    const row = [3, 2, 1, 0, -1]
    for (let position = 0; position < 200; position++) {
      expect(sample(row, { topK: 2 }, position)).toBeLessThan(2)
      expect(sample(row, { topP: 0.6 }, position)).toBe(0)
      expect(sample(row, { minP: 0.3 }, position)).toBeLessThan(2)
    }
  })

  it('penalizes as documented, for greedy too, and leaves the row as it was', () => {
    const counts = new TokenCounts([0])
    counts.add(1)
    counts.add(1)
    const row = Float32Array.of(4, 3, -1, 2)
    const penalized = row.slice()
    counts.penalize(penalized, { repetitionPenalty: 2, presencePenalty: 0.5, frequencyPenalty: 0.25 })
    expect([...penalized]).toEqual([2, 0.5, -1, 2])
    const params = { ...neutral, temperature: 0, repetitionPenalty: 3 }
    expect(new Sampler(4).sample(row, { params, position: 0, counts, allowed: null, banned: null })).toBe(3)
    expect([...row]).toEqual([4, 3, -1, 2])
  })

  it('never draws a banned id', () => {
    expect(sample([9, 1, 0], { temperature: 0 }, 0, { banned: [0] })).toBe(1)
    for (let position = 0; position < 50; position++)
      expect(sample([9, 1, 0], {}, position, { banned: [0] })).not.toBe(0)
  })

  it('refuses a row without numbers', () => {
    expect(() => sample([Number.NaN, Number.NaN])).toThrow(expect.objectContaining({ code: 'engine_failed' }))
  })
})

describe('log-probabilities', () => {
  it('are the log-softmax of the row, the best first', () => {
    const row = Float32Array.from([0.5, 0.25, 0.125, 0.125].map((p) => Math.log(p) + 3))
    const { id, logprob, top } = logprobsOf(row, 2, 3)
    expect(id).toBe(2)
    expect(logprob).toBeCloseTo(Math.log(0.125), 5)
    expect(top.map((entry) => entry.id)).toEqual([0, 1, 2])
    expect(top[0]!.logprob).toBeCloseTo(Math.log(0.5), 5)
    expect(logprobsOf(row, 0, 0).top).toEqual([])
  })

  it('sum to one over the vocabulary, whatever the logits', () => {
    fc.assert(
      fc.property(logits, (values) => {
        const row = Float32Array.from(values)
        const { top } = logprobsOf(row, 0, row.length)
        expect(top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 6)
        expect(top).toEqual([...top].sort((a, b) => b.logprob - a.logprob || a.id - b.id))
      }),
    )
  })
})
