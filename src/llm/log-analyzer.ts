// The whole analysis as a Runnable: a raw log in, the Analysis out. It reads, redacts, reduces and retrieves in this
// process; a model explains where there is one, over HTTP or in this process, whichever transport is given.

import type { CallbackManagerForChainRun } from '@langchain/core/callbacks/manager'
import { patchConfig, Runnable, type RunnableConfig } from '@langchain/core/runnables'
import { AppError } from '../errors.ts'
import { KnowledgeBase } from '../knowledge/knowledge-base.ts'
import type { Analysis } from '../logs/analysis.ts'
import { reduceLog } from '../logs/reduce-log.ts'
import type { ReducedLog } from '../logs/reduced-log.ts'
import { logBudgetTokens } from '../logs/token-budget.ts'
import { type AnalyzeLogItem, analyzeLog } from './analyze-log.ts'
import type { GenerateTransport } from './generate-transport.ts'

export interface LogAnalyzerFields {
  /** The way to the model; without one, rules and cases alone make the analysis. */
  transport?: GenerateTransport | null
  /** Name of the model, for the analysis. */
  model?: string
  /** Tokens that the model's context holds. */
  contextTokens?: number
  /** Of the model's tokenizer. Without it a token is taken to be three characters. */
  countTokens?: (text: string) => number
  maxTokens?: number
  temperature?: number
  topP?: number
  /** The same seed, log and model give the same words. */
  seed?: number
  /** Without one: the cases that come with the program. */
  knowledge?: KnowledgeBase
}

export type LogInput = string | Uint8Array | { log: string | Uint8Array; logType?: string }

export function createLogAnalyzer(fields: LogAnalyzerFields = {}): LogAnalyzer {
  return new LogAnalyzer(fields)
}

export class LogAnalyzer extends Runnable<LogInput, Analysis> {
  static override lc_name(): string {
    return 'LogAnalyzer'
  }

  lc_namespace = ['workflowai', 'log_analyzer']
  readonly #fields: LogAnalyzerFields
  readonly #knowledge: KnowledgeBase

  constructor(fields: LogAnalyzerFields) {
    super()
    this.#fields = fields
    this.#knowledge = fields.knowledge ?? new KnowledgeBase(null)
  }

  /** The log as it will be analysed: redacted, with the verdict of the rules. @throws AppError `invalid_request` for a context that is too small */
  reduce(input: LogInput): ReducedLog {
    const { contextTokens = 2048, maxTokens = defaultMaxTokens, countTokens = roughTokens } = this.#fields
    const { log, logType = 'auto' } = typeof input === 'string' || input instanceof Uint8Array ? { log: input } : input
    return reduceLog(log, { logType, budgetTokens: logBudgetTokens(contextTokens, maxTokens), countTokens })
  }

  /** Stages, tokens and the result of a reduced log, as they come. */
  events(reduced: ReducedLog, config: RunnableConfig = {}): AsyncGenerator<AnalyzeLogItem, void, undefined> {
    const { transport = null, model, maxTokens = defaultMaxTokens, temperature = 0.2, topP = 0.9, seed } = this.#fields
    return analyzeLog({
      reduced,
      findCases: (failure) => this.#knowledge.find(failure, ''),
      transport,
      sampling: { temperature, topP, ...(seed !== undefined && { seed }) },
      maxTokens,
      signal: config.signal,
      model: model ?? null,
      config,
    })
  }

  /** @throws the signal's reason when it aborts; a model that fails gives a `partial` analysis instead */
  override async invoke(input: LogInput, options?: Partial<RunnableConfig>): Promise<Analysis> {
    return this._callWithConfig(
      async (log: LogInput, config?: Partial<RunnableConfig>, run?: CallbackManagerForChainRun) => {
        const child = patchConfig(config, run && { callbacks: run.getChild() })
        for await (const item of this.events(this.reduce(log), child)) if (item.type === 'result') return item.analysis
        throw new AppError('internal', 'the analysis ended without a result')
      },
      input,
      options,
    )
  }
}

const defaultMaxTokens = 256

const roughTokens = (text: string): number => Math.ceil(text.length / 3)
