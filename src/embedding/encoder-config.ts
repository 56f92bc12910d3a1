// What a folder of the hub says of an embedding model: how long a text may be, how the vectors of its tokens become one,
// and what stands before a query or a document. Files that are not there have the usual value.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { ModelFiles } from '../tokenizer/model-files.ts'
import { readModelLimits } from '../tokenizer/model-limits.ts'
import { readModelJson } from '../tokenizer/tokenizer-config.ts'

export type Pooling = 'mean' | 'cls'

export interface EncoderConfig {
  /** Tokens that a text may have, with those that the tokenizer puts around it. */
  maxTokens: number
  vocabSize: number
  padId: number
  /** Of vectors that may be shortened to these lengths; empty: to any; null: this model's may not be. */
  matryoshka: readonly number[] | null
  /** What the model wants before a text that is searched with, and one that is found; empty for most. */
  prompts: { query: string; document: string }
}

const size = z.int().positive()
const configSchema = z.looseObject({
  model_type: z.string().nullish(),
  pad_token_id: z.int().min(0).nullish(),
  // As vLLM reads them.
  is_matryoshka: z.boolean().nullish(),
  matryoshka_dimensions: z.array(size).nullish(),
})
const tokenizerSchema = z.looseObject({ model_max_length: z.number().positive().nullish() })
const sentenceSchema = z.looseObject({ max_seq_length: size.nullish() })
const modulesSchema = z.array(z.looseObject({ path: z.string(), type: z.string() }))
const poolingSchema = z.looseObject({})
const promptsSchema = z.looseObject({ prompts: z.record(z.string(), z.string().nullish()).nullish() })

/** These count the positions of a text from the one behind the padding's. */
const positionsBehindPadding = /^(roberta|xlm-roberta|camembert|mpnet)$/

/** Throws `bad_model` naming the file and what is wrong in it. */
export function readEncoderConfig(files: ModelFiles): EncoderConfig {
  const { contextLength, vocabSize } = readModelLimits(files)
  const config = readModelJson(files.configPath, configSchema)
  const padId = config.pad_token_id ?? 0
  const behindPadding = positionsBehindPadding.test(config.model_type ?? '')
  const positions = behindPadding ? contextLength - padId - 1 : contextLength
  const told = [
    readModelJson(files.tokenizerConfigPath, tokenizerSchema).model_max_length,
    optional(files, 'sentence_bert_config.json', sentenceSchema)?.max_seq_length,
  ]
  const maxTokens = Math.min(positions, ...told.map((length) => length ?? positions))
  const matryoshka = config.matryoshka_dimensions ?? (config.is_matryoshka ? [] : null)
  return { maxTokens, vocabSize, padId, matryoshka, prompts: readPrompts(files) }
}

/** For a graph that leaves it to us. Throws `bad_model` for one that we can't do. */
export function readPooling(files: ModelFiles): Pooling {
  const modules = optional(files, 'modules.json', modulesSchema) ?? []
  const dense = modules.find(({ type }) => type.endsWith('.Dense'))
  if (dense) refuse(files, 'modules.json', `has a layer (${dense.type}) behind the pooling, which can't be run`)
  const folder = modules.find(({ type }) => type.endsWith('.Pooling'))?.path ?? '1_Pooling'
  const name = `${folder}/config.json`
  const config = optional(files, name, poolingSchema)
  if (!config) return 'mean'
  const modes = Object.keys(config).filter((key) => key.startsWith('pooling_mode_') && config[key] === true)
  if (modes.length === 1 && modes[0] === 'pooling_mode_mean_tokens') return 'mean'
  if (modes.length === 1 && modes[0] === 'pooling_mode_cls_token') return 'cls'
  return refuse(files, name, `asks for ${modes.join(' and ') || 'no pooling'}; only mean and cls can be done`)
}

function readPrompts(files: ModelFiles): EncoderConfig['prompts'] {
  const prompts = optional(files, 'config_sentence_transformers.json', promptsSchema)?.prompts ?? {}
  return { query: prompts.query ?? '', document: prompts.document ?? prompts.passage ?? '' }
}

function optional<T>({ folder }: ModelFiles, name: string, schema: z.ZodType<T>): T | null {
  const path = join(folder, name)
  return existsSync(path) ? readModelJson(path, schema) : null
}

function refuse({ folder }: ModelFiles, name: string, problem: string): never {
  const path = join(folder, name)
  throw new AppError('bad_model', `${path} ${problem}`, { field: path })
}
