import { describe, expect, it } from 'vitest'
import { ropeTable } from '../../../src/inference/model/rope.ts'
import type { ModelConfig, RopeScaling } from '../../../src/tokenizer/model-config.ts'

const PAIRS = 8

/** The angles of position 1: one frequency a pair. */
function frequencies(scaling: RopeScaling, theta = 10_000): number[] {
  const config = { headDim: 2 * PAIRS, rope: { theta, scaling } } as ModelConfig
  const { cos, sin } = ropeTable(config, 2)
  return Array.from({ length: PAIRS }, (_, pair) => Math.atan2(sin[PAIRS + pair]!, cos[PAIRS + pair]!))
}

describe('the table of rotations', () => {
  it('turns pair i of position p by p * theta^(-i / pairs)', () => {
    for (const [pair, frequency] of frequencies({ kind: 'none' }).entries()) {
      expect(frequency).toBeCloseTo(10_000 ** (-pair / PAIRS), 6)
    }
    const { cos, sin } = ropeTable({ headDim: 2, rope: { theta: 1, scaling: { kind: 'none' } } } as ModelConfig, 4)
    expect(cos[3]).toBeCloseTo(Math.cos(3), 6)
    expect(sin[0]).toBe(0)
  })

  it('stretches all positions with linear scaling', () => {
    const plain = frequencies({ kind: 'none' })
    for (const [pair, frequency] of frequencies({ kind: 'linear', factor: 4 }).entries()) {
      expect(frequency).toBeCloseTo(plain[pair]! / 4, 6)
    }
  })

  it('with llama3 scaling keeps short waves, stretches long ones and blends between', () => {
    const plain = frequencies({ kind: 'none' })
    const scaling = { kind: 'llama3', factor: 8, lowFactor: 1, highFactor: 4, originalContext: 100 } as const
    const scaled = frequencies(scaling)
    for (const [pair, frequency] of plain.entries()) {
      const turns = (100 * frequency) / (2 * Math.PI)
      if (turns >= 4) expect(scaled[pair]).toBeCloseTo(frequency, 6)
      else if (turns <= 1) expect(scaled[pair]).toBeCloseTo(frequency / 8, 6)
      else expect(scaled[pair]! < frequency && scaled[pair]! > frequency / 8).toBe(true)
    }
  })
})
