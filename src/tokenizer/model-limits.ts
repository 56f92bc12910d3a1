// What everyone but the graph's builder needs of config.json. The architectures that we build graphs for are checked
// as a whole; an ONNX export brings its own graph, so only its limits are read, whatever its architecture is.

import { z } from 'zod'
import { AppError } from '../errors.ts'
import { type ModelFiles, readModelConfig } from './model-files.ts'
import { readModelJson } from './tokenizer-config.ts'

export interface ModelLimits {
  /** Tokens that a sequence may hold. */
  contextLength: number
  vocabSize: number
}

const size = z.int().positive()
/** The names that architectures have given to the same two numbers. */
const limitsSchema = z.looseObject({
  vocab_size: size,
  max_position_embeddings: size.nullish(),
  n_positions: size.nullish(),
  n_ctx: size.nullish(),
  max_seq_len: size.nullish(),
  seq_length: size.nullish(),
  sliding_window: size.nullish(),
  use_sliding_window: z.boolean().nullish(),
})

/** Throws `bad_model` naming the file and what it lacks. */
export function readModelLimits(files: ModelFiles): ModelLimits {
  if (files.weights.kind !== 'onnx') return readModelConfig(files)
  const { configPath } = files
  const raw = readModelJson(configPath, limitsSchema)
  const positions = raw.max_position_embeddings ?? raw.n_positions ?? raw.n_ctx ?? raw.max_seq_len ?? raw.seq_length
  if (!positions) {
    const message = `${configPath} does not say how long a text may be: it has no max_position_embeddings or n_positions`
    throw new AppError('bad_model', message, { field: configPath })
  }
  // Whether the exported graph knows of the window is not visible, so we stay within it.
  const window = raw.use_sliding_window === false ? null : raw.sliding_window
  return { contextLength: Math.min(positions, window ?? positions), vocabSize: raw.vocab_size }
}
