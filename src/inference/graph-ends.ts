// The inputs and outputs of a graph that others have exported, asked for by name; what is not as it has to be is a
// `bad_model` that names it.

import type { InferenceSession } from 'onnxruntime-node'
import { AppError } from '../errors.ts'

export type IntegerType = 'int32' | 'int64'
export type Value = InferenceSession.ValueMetadata
export type TensorValue = InferenceSession.TensorValueMetadata

export class GraphEnds {
  readonly #path: string
  protected readonly inputs: ReadonlyMap<string, Value>
  protected readonly outputs: ReadonlyMap<string, Value>

  constructor(path: string, inputs: readonly Value[], outputs: readonly Value[]) {
    this.#path = path
    this.inputs = new Map(inputs.map((value) => [value.name, value]))
    this.outputs = new Map(outputs.map((value) => [value.name, value]))
  }

  protected integerType(value: Value, rank: number): IntegerType {
    if (value.isTensor && (value.type === 'int64' || value.type === 'int32') && value.shape.length === rank) {
      return value.type
    }
    return this.refuse(`has an input ${describe(value)}; it should be of integers with ${rank} dimensions`)
  }

  protected floats(values: ReadonlyMap<string, Value>, name: string, rank: number): TensorValue {
    const value = values.get(name)
    if (!value) return this.refuse(`lacks ${name}`)
    if (value.isTensor && value.type === 'float16') {
      this.refuse(`keeps ${name} in float16; take an export whose activations are float32, usually model.onnx`)
    }
    if (value.isTensor && value.type === 'float32' && value.shape.length === rank) return value
    return this.refuse(`has ${describe(value)}; it should be float32 with ${rank} dimensions`)
  }

  protected refuse(problem: string): never {
    throw new AppError('bad_model', `${this.#path} ${problem}`, { field: this.#path })
  }
}

export function describe(value: Value): string {
  return value.isTensor ? `${value.name} (${value.type} [${value.shape.join(', ')}])` : `${value.name} (no tensor)`
}

/** A few names of perhaps hundreds. */
export function list(names: Iterable<string>): string {
  const all = [...names]
  return all.length > 6 ? `${all.slice(0, 6).join(', ')} and ${all.length - 6} more` : all.join(', ')
}
