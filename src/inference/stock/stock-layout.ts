// What a decoder export of the hub's form asks for and returns, found by the names, types and shapes of its inputs and
// outputs (optimum and transformers.js name them alike):
//
//   input_ids           int [batch, seq]
//   attention_mask      int [batch, past + seq]         1 where a token is, 0 where padding is
//   position_ids        int [batch, seq]                not in every export
//   cache_position      int [seq]                       in few
//   num_logits_to_keep  int []                          in few: logits are wanted for so many last tokens
//   past_key_values.N.key, past_key_values.N.value      float32 [batch, kv_heads, past, head_dim]
//   logits                                              float32 [batch, seq or kept, vocabulary]
//   present.N.key, present.N.value                      float32 [batch, kv_heads, past + seq, head_dim]

import { describe, GraphEnds, type IntegerType, list, type TensorValue, type Value } from '../graph-ends.ts'

export interface StockLayout {
  layers: number
  kvHeads: number
  headDim: number
  vocabSize: number
  /** Types of the inputs that are no cache, by name. */
  integers: ReadonlyMap<string, IntegerType>
  /** Two names a layer: keys, then values. */
  past: readonly string[]
  present: readonly string[]
}

const INTEGERS: Readonly<Record<string, number>> = {
  input_ids: 2,
  attention_mask: 2,
  position_ids: 2,
  cache_position: 1,
  num_logits_to_keep: 0,
}
const PAST = /^past_key_values[.](\d+)[.](key|value)$/
const PARTS = ['key', 'value'] as const

/** Throws `bad_model` that names the input or output in the way. */
export function readLayout(
  path: string,
  { inputs, outputs }: { inputs: readonly Value[]; outputs: readonly Value[] },
  configuredVocabSize: number,
): StockLayout {
  return new LayoutReader(path, inputs, outputs).read(configuredVocabSize)
}

class LayoutReader extends GraphEnds {
  read(configuredVocabSize: number): StockLayout {
    this.#refuseOthers()
    const integers = new Map<string, IntegerType>()
    for (const [name, rank] of Object.entries(INTEGERS)) {
      const value = this.inputs.get(name)
      if (value) integers.set(name, this.integerType(value, rank))
    }
    const layers = [...this.inputs.keys()].filter((name) => PAST.test(name)).length / PARTS.length
    const names = (prefix: string) =>
      Array.from({ length: layers }, (_, layer) => PARTS.map((part) => `${prefix}.${layer}.${part}`)).flat()
    const past = names('past_key_values')
    const present = names('present')
    const [kvHeads, headDim] = this.#cacheShape(past)
    for (const name of present) this.#cacheTensor(this.outputs, name)
    const vocabulary = this.floats(this.outputs, 'logits', 3).shape[2]
    const vocabSize = typeof vocabulary === 'number' ? vocabulary : configuredVocabSize
    return { layers, kvHeads, headDim, vocabSize, integers, past, present }
  }

  /** Every kind of export that is no decoder with a cache has inputs of its own, or lacks ours. */
  #refuseOthers(): void {
    const names = [...this.inputs.keys()]
    if (names.includes('use_cache_branch')) {
      this.refuse('is a merged export (it has use_cache_branch): take the one with a single graph, usually model.onnx')
    }
    const encoder = names.find((name) => /^encoder_|[.](encoder|decoder)[.]/.test(name))
    if (encoder) this.refuse(`belongs to an encoder-decoder model (its input ${encoder}); only decoders can be served`)
    if (names.includes('inputs_embeds')) this.refuse('takes embeddings (inputs_embeds) instead of token ids')
    if (!names.includes('input_ids') || !this.outputs.has('logits')) {
      this.refuse(`is no decoder of text: its inputs are ${list(names)}, its outputs ${list(this.outputs.keys())}`)
    }
    if (!names.some((name) => PAST.test(name))) {
      this.refuse('has no KV cache (past_key_values.N.key and .value): export it with one (text-generation-with-past)')
    }
    const unknown = names.find((name) => !(name in INTEGERS) && !PAST.test(name))
    if (unknown) this.refuse(`has an input ${unknown}, of which we don't know what it wants`)
  }

  /** From the graph and not the config: with grouped queries it has fewer heads than the model, and names differ. */
  #cacheShape(past: readonly string[]): [kvHeads: number, headDim: number] {
    const shapes = past.map((name) => {
      const value = this.#cacheTensor(this.inputs, name)
      const [, heads, , dim] = value.shape
      if (typeof heads === 'number' && typeof dim === 'number') return [heads, dim] as [number, number]
      return this.refuse(`does not say how many heads it has, and of what size: ${describe(value)}`)
    })
    const other = shapes.findIndex((shape) => shape.join() !== shapes[0]!.join())
    if (other !== -1) this.refuse(`has layers of different shapes: ${past[0]} and ${past[other]}`)
    return shapes[0]!
  }

  #cacheTensor(values: ReadonlyMap<string, Value>, name: string): TensorValue {
    return this.floats(values, name, 4)
  }
}
