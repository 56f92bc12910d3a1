// How tokens are chosen, in LangChain's spelling, and the same in the names of the wire.

import type { GenerateInput } from './generate-transport.ts'

/** Everything left out takes the service's default. */
export interface ModelServiceParams {
  maxTokens?: number
  temperature?: number
  topP?: number
  topK?: number
  minP?: number
  repetitionPenalty?: number
  presencePenalty?: number
  frequencyPenalty?: number
  seed?: number
}

const wireNames = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  minP: 'min_p',
  repetitionPenalty: 'repetition_penalty',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  seed: 'seed',
} as const satisfies Record<keyof ModelServiceParams, keyof GenerateInput>

export function pickParams(from: ModelServiceParams): ModelServiceParams {
  const names = Object.keys(wireNames) as (keyof ModelServiceParams)[]
  return Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]))
}

export function toWire(params: ModelServiceParams): GenerateInput {
  const entries = Object.entries(params).map(([name, value]) => [wireNames[name as keyof ModelServiceParams], value])
  return Object.fromEntries(entries) as GenerateInput
}
