// Texts to vectors of length 1, by an encoder that the hub has as an ONNX export. It runs in a process of its own: both
// tokenizing and a run block the event loop.

import { createHash } from 'node:crypto'
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers'
import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { AppError, toAppError } from '../errors.ts'
import { openSession } from '../inference/runner/onnx-session.ts'
import { checksumOf, verifyChecksums } from '../tokenizer/checksums.ts'
import type { ModelFiles } from '../tokenizer/model-files.ts'
import { readModelJson, tokenizerConfigSchema, tokenizerJsonSchema } from '../tokenizer/tokenizer-config.ts'
import { type EncoderConfig, type Pooling, readEncoderConfig, readPooling } from './encoder-config.ts'
import { type EncoderLayout, readEncoderLayout } from './encoder-layout.ts'
import { normalized, pooled } from './pooling.ts'

export interface EncoderInfo extends EncoderConfig {
  /** As /v1/models calls it. */
  model: string
  dimensions: number
  /** `graph`: the graph does it. */
  pooling: Pooling | 'graph'
  /** Changes with whatever changes the vectors. */
  fingerprint: string
}

/** What we use of @huggingface/tokenizers; its own types don't resolve under NodeNext. */
interface JsonTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] }
}

export class Encoder {
  readonly info: EncoderInfo
  readonly #session: InferenceSession
  readonly #layout: EncoderLayout
  readonly #tokenizer: JsonTokenizer

  /** Throws `bad_model` naming the file and what is wrong with it. */
  static async open(files: ModelFiles): Promise<Encoder> {
    const config = readEncoderConfig(files)
    const tokenizer = openTokenizer(files)
    await verifyChecksums(files, files.weights.paths)
    const [path] = files.weights.paths as [string]
    const session = await openSession(path, { threads: 1, graph: 'exported' })
    try {
      const layout = readEncoderLayout(path, { inputs: session.inputMetadata, outputs: session.outputMetadata })
      const pooling = layout.pooled ? ('graph' as const) : readPooling(files)
      const fingerprint = await fingerprintOf(files, JSON.stringify({ config, layout, pooling }))
      const unknown = { ...config, pooling, model: files.name, dimensions: 0, fingerprint }
      const probed = await new Encoder(session, layout, tokenizer, unknown).#probe(path)
      return new Encoder(session, layout, tokenizer, { ...unknown, dimensions: probed.length })
    } catch (error) {
      await session.release()
      throw error
    }
  }

  private constructor(session: InferenceSession, layout: EncoderLayout, tokenizer: JsonTokenizer, info: EncoderInfo) {
    this.#session = session
    this.#layout = layout
    this.#tokenizer = tokenizer
    this.info = info
  }

  /** The ids of each text, with those that the model wants around it. Not cut. */
  tokenize(texts: readonly string[]): number[][] {
    return texts.map((text) => this.#tokenizer.encode(text, { add_special_tokens: true }).ids)
  }

  /**
   * One vector for each text, all in one run: the shorter ones are padded. A text alone and among others gives the same
   * numbers but for the last digits.
   * @throws AppError `engine_failed`
   */
  async encode(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const width = Math.max(...texts.map((ids) => ids.length))
    const output = await this.#run(this.#inputs(texts, width))
    const values = output.data as Float32Array
    const size = output.dims.at(-1)!
    return texts.map((ids, row) => {
      const { pooling } = this.info
      if (pooling === 'graph') return normalized(values.slice(row * size, (row + 1) * size))
      const start = row * width * size
      return normalized(pooled(values.subarray(start, start + ids.length * size), size, pooling))
    })
  }

  async close(): Promise<void> {
    await this.#session.release()
  }

  #inputs(texts: readonly (readonly number[])[], width: number): Record<string, Tensor> {
    const at: Record<string, (ids: readonly number[], column: number) => number> = {
      input_ids: (ids, column) => ids[column] ?? this.info.padId,
      attention_mask: (ids, column) => (column < ids.length ? 1 : 0),
      token_type_ids: () => 0,
    }
    const tensors = [...this.#layout.integers].map(([name, type]): [string, Tensor] => {
      const values = texts.flatMap((ids) => Array.from({ length: width }, (_, column) => at[name]!(ids, column)))
      const data = type === 'int64' ? BigInt64Array.from(values, BigInt) : Int32Array.from(values)
      return [name, new Tensor(type, data, [texts.length, width])]
    })
    return Object.fromEntries(tensors)
  }

  async #run(inputs: Record<string, Tensor>): Promise<Tensor> {
    const { output } = this.#layout
    try {
      return (await this.#session.run(inputs, [output]))[output] as Tensor
    } catch (cause) {
      throw new AppError('engine_failed', `the embedding model's graph failed: ${(cause as Error).message}`, { cause })
    }
  }

  /** A graph that can't be run is found at the start. */
  async #probe(path: string): Promise<Float32Array> {
    try {
      // Of unequal lengths, so that padding is tried as well.
      const [vector] = await this.encode(this.tokenize(['a', 'a longer text']))
      if (vector!.every(Number.isFinite)) return vector!
      throw new AppError('bad_model', 'its vectors are not finite')
    } catch (cause) {
      throw new AppError('bad_model', `${path} can't be run: ${toAppError(cause).message}`, { field: path, cause })
    }
  }
}

function openTokenizer(files: ModelFiles): JsonTokenizer {
  const json = readModelJson(files.tokenizerPath, tokenizerJsonSchema)
  const config = readModelJson(files.tokenizerConfigPath, tokenizerConfigSchema)
  try {
    return new HubTokenizer(json, config)
  } catch (cause) {
    const message = `${files.tokenizerPath} is of a kind that can't be read: ${(cause as Error).message}`
    throw new AppError('bad_model', message, { field: files.tokenizerPath, cause })
  }
}

/** Of all that decides what a vector is: vectors are kept, and a model may be replaced under its name. */
async function fingerprintOf(files: ModelFiles, made: string): Promise<string> {
  const hash = createHash('sha256').update(made)
  for (const path of [files.tokenizerPath, ...files.weights.paths]) {
    hash.update(await checksumOf(files, path))
  }
  return hash.digest('base64url').slice(0, 16)
}
