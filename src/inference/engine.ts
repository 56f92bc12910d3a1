// The engine as its users see it: submit a sequence, receive what every step produced, cancel. One interface for the
// engine in this process, the one in a child process and a scripted one in tests.

import type { OutputFormat } from '../grammar/format.ts'
import type { Prompt } from '../tokenizer/prompt-encoder.ts'

export interface SamplingParams {
  /** 0 is greedy. */
  temperature: number
  topP: number
  /** 0 is off. */
  topK: number
  minP: number
  /** 1 is off. Divides positive and multiplies negative logits of every token seen (prompt and generated). */
  repetitionPenalty: number
  /** Subtracted once from the logit of each generated token, and once per occurrence: OpenAI's definitions. */
  presencePenalty: number
  frequencyPenalty: number
  /** An integer from 0 to 2^53-1. The draw for a position depends on (seed, position) only. */
  seed: number
}

export interface SequenceRequest {
  /** Chosen by the caller, unique among running sequences. */
  id: string
  prompt: Prompt
  sampling: SamplingParams
  maxTokens: number
  minTokens: number
  /** Never part of the output. Empty: none. */
  stop: string[]
  ignoreEos: boolean
  /** What the text must look like, whatever the model prefers; null: anything. Its end also ends with `ignoreEos`. */
  format: OutputFormat | null
  /** Alternatives reported per token, 0-5; null: no log-probabilities at all. */
  logprobs: number | null
  /** Token ids an earlier attempt has already delivered: they are computed again, and generation goes on after them. */
  generated: number[]
  /** Milliseconds since the epoch after which the sequence ends with `deadline_exceeded`. */
  deadlineAt: number
}

export interface TokenLogprob {
  token: string
  id: number
  /** Natural logarithm, of the model's own distribution: before temperature and penalties. */
  logprob: number
}

/** One generated token, or the text that was held back until the end (`tokenId` null, at most one, the last). */
export interface GeneratedToken {
  tokenId: number | null
  /** The text that became certain with this token; empty for half a character or a possible stop string. */
  text: string
  logprob?: TokenLogprob & { top: TokenLogprob[] }
}

export type FinishReason = 'stop' | 'length'

export interface SequenceUsage {
  promptTokens: number
  /** Prompt tokens whose keys and values were reused instead of computed. */
  cachedTokens: number
  /** Generated tokens, those of earlier attempts included; EOS is not one. */
  completionTokens: number
}

export interface SequenceTimings {
  /** Milliseconds from submit to the first prefill. */
  waitMs: number
  /** Milliseconds from the first prefill to the first token. */
  prefillMs: number
  /** Milliseconds from the first token to the last. */
  decodeMs: number
}

export type SequenceEnd =
  | { kind: 'finished'; reason: FinishReason; usage: SequenceUsage; timings: SequenceTimings }
  | { kind: 'failed'; code: 'invalid_request' | 'deadline_exceeded' | 'engine_failed'; message: string }

/** What one step did for one sequence. With `end` it is the last output of that id. */
export interface SequenceOutput {
  id: string
  tokens: GeneratedToken[]
  end: SequenceEnd | null
}

export interface EngineInfo {
  model: string
  /** `exported`: what the graph has that the model itself brings. */
  precision: 'int8' | 'float32' | 'exported'
  slots: number
  threads: number
  maxContext: number
}

/** Counters since the engine started, and what it holds now. */
export interface EngineStats {
  running: number
  waiting: number
  /** Ids of the running sequences: what the KV cache holds for them. */
  kvTokens: number
  steps: number
  /** Prompt tokens of the sequences that have started, and how many of them were reused instead of computed. */
  promptTokens: number
  cachedTokens: number
  /** Ids computed before a token could be drawn: prompts, continuations and what was put back to wait. */
  prefillTokens: number
  /** Tokens drawn by decode steps. */
  decodeTokens: number
  /** Ids that were drafted, and how many of them were accepted. */
  draftedTokens: number
  acceptedTokens: number
  /** How often a running sequence was put back to wait because the cache was full. */
  preemptions: number
  /** Milliseconds spent in steps. */
  busyMs: number
}

export interface Engine {
  readonly info: EngineInfo
  /** Queues a sequence. Never throws for a bad request: that comes as a `failed` output. */
  submit(request: SequenceRequest): void
  /** Drops a sequence within one step. No output of that id is delivered afterwards. Unknown ids are ignored. */
  cancel(id: string): void
  /** Called once per step with the outputs of all sequences that the step advanced or ended. */
  onStep(listener: (outputs: SequenceOutput[]) => void): void
  stats(): EngineStats
  /** Drops every sequence and frees the model. */
  close(): Promise<void>
}
