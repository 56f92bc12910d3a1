// Rotary position embedding: the table of cosines and sines that the attention kernel looks up by position.

import type { ModelConfig, RopeScaling } from '../../tokenizer/model-config.ts'

export interface RopeTable {
  /** `[positions, headDim / 2]` */
  cos: Float32Array
  sin: Float32Array
}

/** Angle = position * theta^(-2i / headDim), the frequency possibly scaled (RoFormer, arXiv:2104.09864). */
export function ropeTable(config: ModelConfig, positions: number): RopeTable {
  const pairs = config.headDim / 2
  const cos = new Float32Array(positions * pairs)
  const sin = new Float32Array(positions * pairs)
  for (let pair = 0; pair < pairs; pair++) {
    const frequency = scaled(config.rope.theta ** (-pair / pairs), config.rope.scaling)
    for (let position = 0; position < positions; position++) {
      cos[position * pairs + pair] = Math.cos(position * frequency)
      sin[position * pairs + pair] = Math.sin(position * frequency)
    }
  }
  return { cos, sin }
}

/** `llama3`: short waves stay, long ones are stretched by the factor, those between are blended (Llama 3.1's code). */
function scaled(frequency: number, scaling: RopeScaling): number {
  switch (scaling.kind) {
    case 'none':
      return frequency
    case 'linear':
      return frequency / scaling.factor
    case 'llama3': {
      const turns = (scaling.originalContext * frequency) / (2 * Math.PI)
      const blend = (turns - scaling.lowFactor) / (scaling.highFactor - scaling.lowFactor)
      const kept = Math.min(1, Math.max(0, blend))
      return kept * frequency + ((1 - kept) * frequency) / scaling.factor
    }
    default:
      return scaling satisfies never
  }
}
