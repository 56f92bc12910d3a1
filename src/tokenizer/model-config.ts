// config.json of a model folder: what the engine and the API need to know about a model, checked, with the differences
// between the architectures of the Llama family resolved.

import { z } from 'zod'
import { AppError } from '../errors.ts'
import { readModelJson } from './tokenizer-config.ts'

export interface ModelConfig {
  architecture: Architecture
  layers: number
  hiddenSize: number
  /** Width of the feed-forward part. */
  innerSize: number
  heads: number
  kvHeads: number
  headDim: number
  vocabSize: number
  normEpsilon: number
  rope: { theta: number; scaling: RopeScaling }
  /** Tokens that a sequence may hold: the smaller of the trained positions and the sliding window. */
  contextLength: number
  tiedEmbeddings: boolean
  bias: { qkv: boolean; output: boolean }
  /** Each head's queries and keys are normalized before the rotation (Qwen3). */
  headNorm: boolean
}

export type RopeScaling =
  | { kind: 'none' }
  | { kind: 'linear'; factor: number }
  | { kind: 'llama3'; factor: number; lowFactor: number; highFactor: number; originalContext: number }

const ARCHITECTURES = ['LlamaForCausalLM', 'MistralForCausalLM', 'Qwen2ForCausalLM', 'Qwen3ForCausalLM'] as const
type Architecture = (typeof ARCHITECTURES)[number]

const size = z.int().positive()
const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: size.optional(),
})
type Rope = z.infer<typeof ropeSchema>

const configSchema = z.looseObject({
  architectures: z.array(z.string()).min(1),
  num_hidden_layers: size,
  hidden_size: size,
  intermediate_size: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  vocab_size: size,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  partial_rotary_factor: z.number().nullish(),
  max_position_embeddings: size,
  sliding_window: size.nullish(),
  use_sliding_window: z.boolean().nullish(),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
})
type RawConfig = z.infer<typeof configSchema>

/** Throws `bad_model` naming the file, the value and what is allowed. */
export function readConfig(path: string): ModelConfig {
  const raw = readModelJson(path, configSchema)
  const architecture = ARCHITECTURES.find((name) => name === raw.architectures[0])
  if (!architecture) refuse(path, 'architectures', raw.architectures[0], ARCHITECTURES.join(', '))
  if (raw.hidden_act !== 'silu') refuse(path, 'hidden_act', raw.hidden_act, 'silu')
  if (raw.mlp_bias) refuse(path, 'mlp_bias', true, 'false')
  if ((raw.partial_rotary_factor ?? 1) !== 1) refuse(path, 'partial_rotary_factor', raw.partial_rotary_factor, '1')
  // The embedding is quantized in blocks of 32.
  if (raw.hidden_size % 32 !== 0) refuse(path, 'hidden_size', raw.hidden_size, 'a multiple of 32')
  const heads = raw.num_attention_heads
  const kvHeads = raw.num_key_value_heads ?? heads
  if (heads % kvHeads !== 0) refuse(path, 'num_key_value_heads', kvHeads, `a divisor of ${heads}`)
  const headDim = raw.head_dim ?? raw.hidden_size / heads
  // The rotation kernel works on 8 pairs at a time.
  if (headDim % 16 !== 0) refuse(path, 'head_dim', headDim, 'a multiple of 16')
  return {
    architecture,
    layers: raw.num_hidden_layers,
    hiddenSize: raw.hidden_size,
    innerSize: raw.intermediate_size,
    heads,
    kvHeads,
    headDim,
    vocabSize: raw.vocab_size,
    normEpsilon: raw.rms_norm_eps,
    rope: { theta: ropeTheta(raw), scaling: ropeScaling(path, raw.rope_scaling ?? raw.rope_parameters) },
    contextLength: contextLength(raw, architecture),
    tiedEmbeddings: raw.tie_word_embeddings,
    bias: {
      qkv: architecture === 'Qwen2ForCausalLM' || raw.attention_bias,
      output: architecture !== 'Qwen2ForCausalLM' && raw.attention_bias,
    },
    headNorm: architecture === 'Qwen3ForCausalLM',
  }
}

/** The original Llama's, where a file names none. */
function ropeTheta(raw: RawConfig): number {
  return raw.rope_theta ?? raw.rope_parameters?.rope_theta ?? raw.rope_scaling?.rope_theta ?? 10_000
}

/** Within its window a model with sliding attention is like any other, and beyond it we don't go. */
function contextLength(raw: RawConfig, architecture: Architecture): number {
  const slides =
    architecture === 'MistralForCausalLM' ? raw.use_sliding_window !== false : raw.use_sliding_window === true
  const window = slides ? (raw.sliding_window ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
  return Math.min(raw.max_position_embeddings, window)
}

function ropeScaling(path: string, rope: Rope | null | undefined): RopeScaling {
  const kind = rope?.rope_type ?? rope?.type ?? 'default'
  const wanted = (name: keyof Rope & string): number => {
    const value = rope?.[name]
    if (typeof value !== 'number') refuse(path, `rope_scaling.${name}`, value, 'a number')
    return value
  }
  if (kind === 'default') return { kind: 'none' }
  if (kind === 'linear') return { kind: 'linear', factor: wanted('factor') }
  if (kind !== 'llama3') refuse(path, 'rope_scaling.rope_type', kind, 'default, linear, llama3')
  return {
    kind: 'llama3',
    factor: wanted('factor'),
    lowFactor: wanted('low_freq_factor'),
    highFactor: wanted('high_freq_factor'),
    originalContext: wanted('original_max_position_embeddings'),
  }
}

function refuse(path: string, name: string, value: unknown, allowed: string): never {
  throw new AppError('bad_model', `${path}: ${name} is ${JSON.stringify(value)}; allowed: ${allowed}`, { field: path })
}
