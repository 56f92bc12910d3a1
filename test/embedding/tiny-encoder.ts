// A small encoder in the hub's form: a folder with a WordPiece tokenizer, a pooling and onnx/model.onnx. Words of a group
// have nearly the same vector, so that texts of other words can mean the same; a word that it doesn't know means nothing.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { GraphBuilder } from '../../src/inference/model/graph-builder.ts'
import { generator } from '../inference/model/tiny-models.ts'
import { writeExport } from '../inference/stock/tiny-exports.ts'

const signs = ['[PAD]', '[UNK]', '[CLS]', '[SEP]']
const groups = [
  ['boiler', 'furnace', 'heater'],
  ['handshake', 'greeting'],
  ['lost', 'vanished', 'gone'],
  ['valve', 'tap', 'stopcock'],
  ['never', 'not'],
  ['opened', 'unlocked'],
  ['printer', 'plotter'],
  ['tray', 'drawer'],
  ['empty', 'bare'],
]
export const vocabulary = [...signs, ...groups.flat()]

export interface TinyEncoder {
  width: number
  maxTokens: number
  tensors: Record<'words' | 'positions' | 'types' | 'query' | 'key' | 'value' | 'out', Float32Array>
}

/** @param places how much a word's place changes its vector; with 0 signs and unknown words are vectors of zeros */
export function tinyEncoder(places = 0): TinyEncoder {
  const width = 24
  const maxTokens = 16
  const random = generator(5)
  const values = (length: number, spread: number) => Float32Array.from({ length }, () => spread * random())
  const words = new Float32Array(vocabulary.length * width)
  for (const group of groups) {
    const shared = values(width, 1)
    for (const word of group) {
      const row = vocabulary.indexOf(word) * width
      for (let i = 0; i < width; i++) words[row + i] = shared[i]! + 0.05 * random()
    }
  }
  const square = () => values(width * width, 0.15)
  const tensors = { words, positions: values(maxTokens * width, places), types: values(2 * width, places) }
  return {
    width,
    maxTokens,
    tensors: { ...tensors, query: square(), key: square(), value: square(), out: square() },
  }
}

export interface TinyFolder {
  model?: TinyEncoder
  /** Content of 1_Pooling/config.json; null: there is none. */
  pooling?: object | null
  /** Further fields of config.json. */
  config?: object
  add?: (graph: GraphBuilder, model: TinyEncoder) => void
}

/** Writes the folder and returns its path. */
export function writeTinyEncoder(folder: string, options: TinyFolder = {}): string {
  const { model = tinyEncoder(), pooling = { pooling_mode_mean_tokens: true }, config = {}, add = addEncoder } = options
  const json = (name: string, content: unknown) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), JSON.stringify(content))
  }
  const shape = { hidden_size: model.width, vocab_size: vocabulary.length, max_position_embeddings: model.maxTokens }
  json('config.json', { architectures: ['BertModel'], model_type: 'bert', pad_token_id: 0, ...shape, ...config })
  json('tokenizer_config.json', { tokenizer_class: 'BertTokenizer', model_max_length: model.maxTokens })
  json('tokenizer.json', tokenizer())
  if (pooling !== null) json('1_Pooling/config.json', pooling)
  writeExport(folder, (graph) => add(graph, model))
  return folder
}

function tokenizer() {
  const sign = (content: string) => ({
    ...{ id: signs.indexOf(content), content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  })
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } })
  const ends = ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [signs.indexOf(id)], tokens: [id] }])
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: signs.map(sign),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
      pair: [],
      special_tokens: Object.fromEntries(ends),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  }
}

/** BERT's embeddings and one layer of attention, as optimum exports them. */
export function addEncoder(graph: GraphBuilder, model: TinyEncoder, output = 'last_hidden_state'): void {
  const { width, tensors } = model
  for (const name of ['input_ids', 'attention_mask', 'token_type_ids']) graph.input(name, 'int64', ['batch', 'seq'])
  for (const [name, values] of Object.entries(tensors)) {
    graph.tensor(name, 'float32', [values.length / width, width], values)
  }
  const scalar = (name: string, value: number) => graph.tensor(name, 'float32', [1], Float32Array.of(value))
  const whole = (name: string, ...values: bigint[]) =>
    graph.tensor(name, 'int64', values.length === 0 ? [] : [values.length], BigInt64Array.from(values))
  graph.tensor('zero', 'int64', [], BigInt64Array.of(0n))
  graph.tensor('step', 'int64', [], BigInt64Array.of(1n))
  const length = graph.node('Squeeze', [graph.node('Shape', ['input_ids'], { start: 1n, end: 2n }), whole('first', 0n)])
  const places = graph.node('Gather', ['positions', graph.node('Range', ['zero', length, 'step'])])
  const kinds = graph.node('Gather', ['types', 'token_type_ids'])
  const words = graph.node('Add', [graph.node('Gather', ['words', 'input_ids']), kinds])
  const states = graph.node('Add', [words, places])
  const [query, key, value] = ['query', 'key', 'value'].map((name) => graph.node('MatMul', [states, name]))
  const scores = graph.node('MatMul', [query!, graph.node('Transpose', [key!], { perm: [0n, 2n, 1n] })])
  const scaled = graph.node('Mul', [scores, scalar('scale', 1 / Math.sqrt(width))])
  const present = graph.node('Cast', ['attention_mask'], { to: 1n })
  const absent = graph.node('Mul', [graph.node('Sub', [present, scalar('one', 1)]), scalar('far', 1e4)])
  const masked = graph.node('Add', [scaled, graph.node('Unsqueeze', [absent, whole('second', 1n)])])
  const mixed = graph.node('MatMul', [graph.node('Softmax', [masked], { axis: -1n }), value!])
  graph.node('Add', [states, graph.node('MatMul', [mixed, 'out'])], {}, { outputs: [output] })
  graph.output(output, 'float32', ['batch', 'seq', width])
}

/** The vectors of a text's tokens, `[ids, width]`: float64, by itself, without padding. */
export function naiveEncoder({ width, tensors }: TinyEncoder, ids: readonly number[]): number[][] {
  const rowOf = (values: Float32Array, index: number) => [...values.subarray(index * width, (index + 1) * width)]
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  const times = (x: number[], matrix: Float32Array) =>
    x.map((_, column) => x.reduce((sum, value, i) => sum + value * matrix[i * width + column]!, 0))
  const plus = (a: number[], b: number[]) => a.map((value, i) => value + b[i]!)
  const { words, positions, types } = tensors
  const states = ids.map((id, place) => plus(plus(rowOf(words, id), rowOf(types, 0)), rowOf(positions, place)))
  const values = states.map((x) => times(x, tensors.value))
  return states.map((x) => {
    const query = times(x, tensors.query)
    const powers = states.map((y) => Math.exp(dot(query, times(y, tensors.key)) / Math.sqrt(width)))
    const sum = powers.reduce((a, b) => a + b, 0)
    const mixed = x.map((_, column) => powers.reduce((all, power, i) => all + (power / sum) * values[i]![column]!, 0))
    return plus(x, times(mixed, tensors.out))
  })
}
