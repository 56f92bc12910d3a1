// The parts that decoder exports of the hub's form have in common, as nodes of the standard's own operators: what
// torch.onnx makes of the models in transformers. Activations are `[batch, seq, width]`, heads `[batch, heads, seq, dim]`.

import type { GraphBuilder } from '../../src/inference/model/graph-builder.ts'

/** float32's lowest finite value, which transformers adds where a token may not be seen. */
const LOWEST = -3.4028234663852886e38

export class ExportNodes {
  readonly graph: GraphBuilder

  constructor(graph: GraphBuilder) {
    this.graph = graph
  }

  op(op: string, ...inputs: string[]): string {
    return this.graph.node(op, inputs)
  }

  integers(...values: number[]): string {
    const list = BigInt64Array.from(values, BigInt)
    return this.graph.shared(`integers_${values.join('_')}`, 'int64', [values.length], list)
  }

  integer(value: number): string {
    return this.graph.shared(`integer_${value}`, 'int64', [], BigInt64Array.of(BigInt(value)))
  }

  number(value: number): string {
    return this.graph.shared(`number_${value}`, 'float32', [], Float32Array.of(value))
  }

  /** The inputs that every export has. */
  addInputs({ positionIds }: { positionIds: boolean }): void {
    this.graph.input('input_ids', 'int64', ['batch_size', 'sequence_length'])
    this.graph.input('attention_mask', 'int64', ['batch_size', 'past_sequence_length + sequence_length'])
    if (positionIds) this.graph.input('position_ids', 'int64', ['batch_size', 'sequence_length'])
  }

  /** The places of the new tokens and of all tokens in the cache, padding included: `[seq]` and `[past + seq]`. */
  addRanges(): { queries: string; keys: string } {
    const length = (value: string, axis: number) => this.op('Gather', this.op('Shape', value), this.integer(axis))
    const past = length('past_key_values.0.key', 2)
    const total = this.op('Add', past, length('input_ids', 1))
    const one = this.integer(1)
    return { queries: this.op('Range', past, total, one), keys: this.op('Range', this.integer(0), total, one) }
  }

  /** 0 where a token may be seen, the lowest number elsewhere: `[batch, 1, seq, past + seq]`. */
  addMask({ queries, keys }: { queries: string; keys: string }): string {
    const causal = this.op('LessOrEqual', keys, this.op('Unsqueeze', queries, this.integers(1)))
    const present = this.op('Greater', this.op('Unsqueeze', 'attention_mask', this.integers(1, 2)), this.integer(0))
    return this.op('Where', this.op('And', causal, present), this.number(0), this.number(LOWEST))
  }

  /** `[batch, seq, heads * dim]` to `[batch, heads, seq, dim]`. */
  splitHeads(values: string, heads: number, dim: number): string {
    const apart = this.op('Reshape', values, this.integers(0, 0, heads, dim))
    return this.graph.node('Transpose', [apart], { perm: [0n, 2n, 1n, 3n] })
  }

  /** The past and the new keys or values of a layer, which is also an output. */
  withPast(layer: number, part: 'key' | 'value', values: string, [heads, dim]: [number, number]): string {
    const past = this.graph.input(`past_key_values.${layer}.${part}`, 'float32', [
      ...['batch_size', heads, 'past_sequence_length', dim],
    ])
    const present = `present.${layer}.${part}`
    this.graph.node('Concat', [past, values], { axis: 2n }, { outputs: [present] })
    this.graph.output(present, 'float32', ['batch_size', heads, 'past_sequence_length + sequence_length', dim])
    return present
  }

  /** Each head of the cache once for every query head that reads it (repeat_kv). */
  repeatHeads(values: string, times: number, [heads, dim]: [number, number]): string {
    if (times === 1) return values
    const copies = this.op('Expand', this.op('Unsqueeze', values, this.integers(2)), this.integers(1, 1, times, 1, 1))
    return this.op('Reshape', copies, this.integers(0, heads * times, -1, dim))
  }

  /** softmax(queries * keys / sqrt(dim) + mask) * values, the heads joined: `[batch, seq, heads * dim]`. */
  attention({
    queries,
    keys,
    values,
    mask,
    dim,
  }: Record<'queries' | 'keys' | 'values' | 'mask', string> & { dim: number }) {
    const { graph } = this
    const turned = graph.node('Transpose', [keys], { perm: [0n, 1n, 3n, 2n] })
    const scores = this.op('Div', this.op('MatMul', queries, turned), this.number(Math.sqrt(dim)))
    const weights = graph.node('Softmax', [this.op('Add', scores, mask)], { axis: -1n })
    const mixed = graph.node('Transpose', [this.op('MatMul', weights, values)], { perm: [0n, 2n, 1n, 3n] })
    return this.op('Reshape', mixed, this.integers(0, 0, -1))
  }

  /** `[batch, seq, vocabulary]` */
  addLogits(logits: string, vocabSize: number): void {
    this.graph.node('Identity', [logits], {}, { outputs: ['logits'] })
    this.graph.output('logits', 'float32', ['batch_size', 'sequence_length', vocabSize])
  }
}
