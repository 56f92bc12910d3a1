// The worker thread's side of TextThreads. Errors cross as data: a clone would lose their code.

import { workerData } from 'piscina'
import { type ErrorCode, toAppError } from '../errors.ts'
import type { OutputFormat } from '../grammar/format.ts'
import { Grammars } from '../grammar/grammars.ts'
import { vocabularyOf } from '../grammar/vocabulary.ts'
import { logPieces } from '../logs/log-bytes.ts'
import { reduceLog as reduce } from '../logs/reduce-log.ts'
import type { ReducedLog } from '../logs/reduced-log.ts'
import type { RuleSet } from '../logs/rule-set.ts'
import type { PersonalData } from '../logs/secret-rules.ts'
import { ruleSetWith } from '../logs/user-rules.ts'
import { type Prompt, PromptEncoder } from '../tokenizer/prompt-encoder.ts'
import { Tokenizer, type TokenizerFiles } from '../tokenizer/tokenizer.ts'

export interface ReduceTask {
  /** Decoded, or its bytes, which may be gzip. */
  log: string | Uint8Array<ArrayBuffer>[]
  logType: string
  redact: readonly PersonalData[]
  budgetTokens: number
}

/** What a task can't choose. */
export interface ReduceLimits {
  /** Of an unpacked log. */
  limitBytes: number
  /** The user's rules; null: there are none. */
  rulesDir: string | null
}

export type Outcome<Value> = { value: Value } | { error: { code: ErrorCode; message: string; field?: string } }

const files = workerData as TokenizerFiles
let encoder: PromptEncoder | undefined

function promptEncoder(): PromptEncoder {
  encoder ??= new PromptEncoder(Tokenizer.load(files))
  return encoder
}

let grammars: Promise<Grammars> | undefined

/** Loads what compiling needs, so that the time of a format is its own. */
export async function openGrammars(): Promise<Outcome<null>> {
  const { tokenizer } = promptEncoder()
  // Why a grammar is refused is written to the console, too; the answer to the client says it.
  console.error = () => {}
  grammars ??= Grammars.open(vocabularyOf(tokenizer, tokenizer.size))
  await grammars
  return { value: null }
}

/** Whether a format can be kept: the same steps that the engine takes. */
export async function checkFormat(format: OutputFormat): Promise<Outcome<null>> {
  try {
    const matcher = await (await grammars)!.matcher(format)
    matcher.close()
    return { value: null }
  } catch (thrown) {
    return failure(thrown)
  }
}

export function countTokens(prompt: Prompt): Outcome<number> {
  return outcomeOf(() => promptEncoder().encode(prompt).length)
}

let rules: RuleSet | undefined

export function reduceLog({ log, limitBytes, rulesDir, ...options }: ReduceTask & ReduceLimits): Outcome<ReducedLog> {
  const { tokenizer } = promptEncoder()
  return outcomeOf(() => {
    rules ??= ruleSetWith(rulesDir)
    const content = typeof log === 'string' ? log : logPieces(log, limitBytes)
    return reduce(content, { ...options, rules, countTokens: (text) => tokenizer.encodePlain(text).length })
  })
}

function outcomeOf<Value>(work: () => Value): Outcome<Value> {
  try {
    return { value: work() }
  } catch (thrown) {
    return failure(thrown)
  }
}

function failure(thrown: unknown): { error: { code: ErrorCode; message: string; field?: string } } {
  const { code, message, field } = toAppError(thrown)
  return { error: { code, message, ...(field !== undefined && { field }) } }
}
