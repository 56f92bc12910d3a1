import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Encoder } from '../../src/embedding/encoder.ts'
import { resolveEncoder } from '../../src/tokenizer/model-files.ts'
import { temporaryFolder } from '../inference/model/tiny-models.ts'
import { writeGpt2Export } from '../inference/stock/tiny-exports.ts'
import { tinyGpt2 } from '../inference/stock/tiny-gpt2.ts'
import { addEncoder, naiveEncoder, type TinyFolder, tinyEncoder, vocabulary, writeTinyEncoder } from './tiny-encoder.ts'

let folder: ReturnType<typeof temporaryFolder>
let opened: Encoder[]
beforeEach(() => {
  folder = temporaryFolder()
  opened = []
})
afterEach(async () => {
  for (const encoder of opened) await encoder.close()
  folder.remove()
})

const path = () => join(folder.path, 'tiny')
async function open(setting = path()): Promise<Encoder> {
  const encoder = await Encoder.open(await resolveEncoder(setting, folder.path))
  opened.push(encoder)
  return encoder
}
const written = (options: TinyFolder = {}) => open(writeTinyEncoder(path(), options))
const idsOf = (...words: string[]) => ['[CLS]', ...words, '[SEP]'].map((word) => vocabulary.indexOf(word))

const unit = (vector: number[]) => {
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}
const mean = (rows: number[][]) => rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length)
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0)

function expectClose(vector: Float32Array, expected: number[]): void {
  expect(vector).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) expect(vector[i]).toBeCloseTo(value, 5)
}

/** Of unequal lengths: the shorter ones are padded in a batch. */
const texts = [['boiler', 'lost', 'tray'], ['printer'], ['never', 'opened', 'valve', 'handshake', 'gone', 'tap']]

describe('an encoder', { timeout: 30_000 }, () => {
  it('gives the mean of the tokens without padding, of length 1, alone and in a batch', async () => {
    const model = tinyEncoder(0.4)
    const encoder = await written({ model })
    const ids = encoder.tokenize(texts.map((words) => words.join(' ')))
    expect(ids).toEqual(texts.map((words) => idsOf(...words)))
    const batch = await encoder.encode(ids)
    for (const [i, one] of ids.entries()) {
      const expected = unit(mean(naiveEncoder(model, one)))
      expectClose(batch[i]!, expected)
      expectClose((await encoder.encode([one]))[0]!, expected)
    }
  })

  it('gives the first token where the model asks for that', async () => {
    const model = tinyEncoder(0.4)
    const pooling = { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }
    const encoder = await written({ model, pooling })
    const ids = idsOf(...texts[2]!)
    expectClose((await encoder.encode([ids, idsOf('tap')]))[0]!, unit(naiveEncoder(model, ids)[0]!))
  })

  it('takes what the graph has pooled itself', async () => {
    const model = tinyEncoder(0.4)
    const encoder = await written({
      model,
      // What the graph does need not be something that we can.
      pooling: { pooling_mode_lasttoken: true },
      add: (graph) => {
        addEncoder(graph, model, 'hidden')
        graph.tensor('axis', 'int64', [1], BigInt64Array.of(1n))
        graph.node('ReduceMean', ['hidden', 'axis'], { keepdims: 0n }, { outputs: ['sentence_embedding'] })
        graph.output('sentence_embedding', 'float32', ['batch', model.width])
      },
    })
    const ids = idsOf(...texts[0]!)
    expectClose((await encoder.encode([ids]))[0]!, unit(mean(naiveEncoder(model, ids))))
  })

  it('makes words of a group nearly the same, and others not', async () => {
    const encoder = await written()
    const [boiler, furnace, printer, nothing] = await encoder.encode(
      encoder.tokenize(['boiler', 'furnace', 'printer', 'xyzzy']),
    )
    expect(dot(boiler!, furnace!)).toBeGreaterThan(0.98)
    expect(dot(boiler!, printer!)).toBeLessThan(0.5)
    expect([...nothing!].every((value) => value === 0)).toBe(true)
  })

  it('has another fingerprint when the weights or the pooling change, and the same otherwise', async () => {
    const first = (await written()).info.fingerprint
    expect((await written()).info.fingerprint).toBe(first)
    expect((await written({ model: tinyEncoder(0.1) })).info.fingerprint).not.toBe(first)
    expect((await written({ pooling: { pooling_mode_cls_token: true } })).info.fingerprint).not.toBe(first)
  })

  it('takes the least of the lengths that its files name', async () => {
    writeTinyEncoder(path())
    writeFileSync(join(path(), 'sentence_bert_config.json'), JSON.stringify({ max_seq_length: 9 }))
    expect((await open()).info.maxTokens).toBe(9)
  })
})

describe('a model that can not be used is refused with the file and what is wrong', { timeout: 30_000 }, () => {
  const refused = (message: RegExp) => ({ code: 'bad_model', message: expect.stringMatching(message) })

  it('nowhere', async () => {
    await expect(open('no/such-model')).rejects.toMatchObject({
      ...refused(/there is no model no\/such-model: .*Give a folder with an ONNX export/),
      field: 'EMBEDDING_MODEL',
    })
  })

  it.each(['config.json', 'tokenizer.json', 'tokenizer_config.json'])('without %s', async (name) => {
    writeTinyEncoder(path())
    rmSync(join(path(), name))
    await expect(open()).rejects.toMatchObject(refused(new RegExp(`tiny has no ${name}`)))
  })

  it('without an export, with a part of one, with a damaged one', async () => {
    writeTinyEncoder(path())
    rmSync(join(path(), 'onnx/model.onnx_data'))
    await expect(open()).rejects.toMatchObject(refused(/model\.onnx can't be loaded: the file with its weights/))
    writeFileSync(join(path(), 'onnx/model.onnx'), 'no graph')
    await expect(open()).rejects.toMatchObject(refused(/model\.onnx can't be loaded: it is cut short, damaged/))
    rmSync(join(path(), 'onnx'), { recursive: true })
    await expect(open()).rejects.toMatchObject(refused(/has no ONNX export: .*onnx\/model\.onnx/))
  })

  it('a decoder', async () => {
    writeGpt2Export(path(), tinyGpt2())
    await expect(open()).rejects.toMatchObject(refused(/is a decoder .*set MODEL to it/))
  })

  it.each([
    [
      'an input of another name',
      (name: string) => name.replace('token_type_ids', 'pixel_values'),
      /input pixel_values/,
    ],
    ['no ids', (name: string) => name.replace('input_ids', 'token_type_ids2'), /input token_type_ids2/],
  ])('%s', async (_, renamed, message) => {
    const add: TinyFolder['add'] = (graph, model) => {
      for (const name of ['input_ids', 'attention_mask', 'token_type_ids']) {
        graph.input(renamed(name), 'int64', ['batch', 'seq'])
      }
      graph.tensor('words', 'float32', [vocabulary.length, model.width], model.tensors.words)
      graph.node('Gather', ['words', 'attention_mask'], {}, { outputs: ['last_hidden_state'] })
      graph.output('last_hidden_state', 'float32', ['batch', 'seq', model.width])
    }
    writeTinyEncoder(path(), { add })
    await expect(open()).rejects.toMatchObject(refused(message))
  })

  it('an output of another name', async () => {
    writeTinyEncoder(path(), { add: (graph, model) => addEncoder(graph, model, 'logits') })
    await expect(open()).rejects.toMatchObject(
      refused(/returns logits; an embedding model returns one of sentence_emb/),
    )
  })

  it('a pooling that is not known, a layer behind it, a config without a length', async () => {
    writeTinyEncoder(path(), { pooling: { pooling_mode_lasttoken: true } })
    await expect(open()).rejects.toMatchObject(refused(/1_Pooling\/config\.json asks for pooling_mode_lasttoken/))
    writeTinyEncoder(path())
    const modules = [{ path: '2_Dense', type: 'sentence_transformers.models.Dense' }]
    writeFileSync(join(path(), 'modules.json'), JSON.stringify(modules))
    await expect(open()).rejects.toMatchObject(refused(/modules\.json has a layer .*Dense/))
    writeTinyEncoder(path(), { config: { max_position_embeddings: null } })
    await expect(open()).rejects.toMatchObject(refused(/config\.json does not say how long a text may be/))
  })
})
