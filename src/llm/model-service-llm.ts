// The model of this service as a LangChain LLM. How it is reached is the transport's business: HTTP outside a worker,
// the engine inside one. A prompt made of messages stays messages, for the model's chat template; a string is sent raw.

import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import type { BaseLanguageModelInput } from '@langchain/core/language_models/base'
import { type BaseLLMCallOptions, type BaseLLMParams, LLM } from '@langchain/core/language_models/llms'
import { coerceMessageLikeToMessage } from '@langchain/core/messages'
import { type Generation, GenerationChunk, type LLMResult } from '@langchain/core/outputs'
import { type BasePromptValueInterface, ChatPromptValue } from '@langchain/core/prompt_values'
import { AppError } from '../errors.ts'
import type { Usage } from '../stream/events.ts'
import type { PlainMessage } from '../tokenizer/tool-text.ts'
import { toChatMessages } from './chat-messages.ts'
import type { EndChunk, GenerateInput, GenerateTransport } from './generate-transport.ts'
import { type ModelServiceParams, pickParams, toWire } from './model-service-params.ts'
import { endInfo, sumOf } from './token-usage.ts'

export interface ModelServiceLLMFields extends ModelServiceParams, BaseLLMParams {
  transport: GenerateTransport
  /** Shown in traces; the service decides which model it runs. */
  model?: string
  stop?: string[]
  /** Let invoke and generate report tokens to callbacks as they arrive, as stream always does. */
  streaming?: boolean
}

export interface ModelServiceCallOptions extends ModelServiceParams, BaseLLMCallOptions {
  /** A conversation in place of the prompt. Set by itself where the prompt is made of messages. */
  messages?: PlainMessage[]
}

/** Worth another try by LangChain's caller: the service was full or away. Anything else would fail again. */
const retryable = new Set(['queue_full', 'unavailable'])

export class ModelServiceLLM extends LLM<ModelServiceCallOptions> {
  static override lc_name(): string {
    return 'ModelServiceLLM'
  }

  readonly model: string | undefined
  readonly streaming: boolean
  readonly #transport: GenerateTransport
  readonly #params: ModelServiceParams
  readonly #stop: string[] | undefined

  constructor(fields: ModelServiceLLMFields) {
    super({
      maxRetries: 2,
      onFailedAttempt: (error: unknown) => {
        if (!(error instanceof AppError && retryable.has(error.code))) throw error
      },
      ...fields,
    })
    this.#transport = fields.transport
    this.model = fields.model
    this.streaming = fields.streaming ?? false
    this.#stop = fields.stop
    this.#params = pickParams(fields)
  }

  override _llmType(): string {
    return 'model_service'
  }

  override _identifyingParams(): Record<string, unknown> {
    return { model: this.model, ...this.#params, stop: this.#stop }
  }

  override invocationParams(options?: this['ParsedCallOptions']): GenerateInput {
    const params = { ...this.#params, ...pickParams(options ?? {}) }
    const stop = options?.stop ?? this.#stop
    return { ...toWire(params), ...(stop !== undefined && { stop }) }
  }

  /** Usage of several prompts is summed in `llmOutput.tokenUsage`; each generation's own is in its generationInfo. */
  override async _generate(
    prompts: string[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<LLMResult> {
    const results = await Promise.all(
      prompts.map((prompt, index) =>
        this.caller.callWithOptions({ ...(options.signal && { signal: options.signal }) }, () =>
          this.#complete(prompt, options, this.streaming ? runManager : undefined, index),
        ),
      ),
    )
    return {
      generations: results.map(({ generation }) => [generation]),
      llmOutput: { tokenUsage: sumOf(results.map(({ end }) => end.usage)) },
    }
  }

  override async _call(
    prompt: string,
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<string> {
    return (await this.#complete(prompt, options, this.streaming ? runManager : undefined, 0)).generation.text
  }

  override async *_streamResponseChunks(
    prompt: string,
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<GenerationChunk> {
    const { signal } = options
    for await (const piece of this.#transport.generate(this.#request(prompt, options), { signal })) {
      const chunk =
        piece.type === 'token'
          ? new GenerationChunk({ text: piece.text })
          : new GenerationChunk({ text: '', generationInfo: endInfo(piece) })
      if (piece.type === 'token') await reportToken(runManager, chunk, 0)
      yield chunk
    }
    // A transport may answer an abort by ending; what it has given so far must not look complete.
    signal?.throwIfAborted()
  }

  /** One prompt at a time where it is made of messages, so that each keeps its own. */
  override async generatePrompt(
    values: BasePromptValueInterface[],
    options?: string[] | Partial<ModelServiceCallOptions>,
    callbacks?: Parameters<LLM['generatePrompt']>[2],
  ): Promise<LLMResult> {
    if (!values.some((value) => value instanceof ChatPromptValue))
      return super.generatePrompt(values, options, callbacks)
    const given = Array.isArray(options) ? { stop: options } : options
    const results = await Promise.all(
      values.map((value) => super.generatePrompt([value], { ...given, ...messagesOf(value) }, callbacks)),
    )
    if (results.length === 1) return results[0]!
    return {
      generations: results.flatMap((result) => result.generations),
      llmOutput: { tokenUsage: sumOf(results.map((result) => result.llmOutput?.tokenUsage as Usage | undefined)) },
    }
  }

  override async *_streamIterator(
    input: BaseLanguageModelInput,
    options?: Partial<ModelServiceCallOptions>,
  ): AsyncGenerator<string> {
    const value = Array.isArray(input) ? new ChatPromptValue(input.map(coerceMessageLikeToMessage)) : input
    yield* super._streamIterator(value, { ...options, ...messagesOf(value) })
  }

  #request(prompt: string, options: this['ParsedCallOptions']): GenerateInput {
    const { messages } = options
    return { ...this.invocationParams(options), ...(messages === undefined ? { prompt } : { messages }) }
  }

  async #complete(
    prompt: string,
    options: this['ParsedCallOptions'],
    runManager: CallbackManagerForLLMRun | undefined,
    index: number,
  ): Promise<{ generation: Generation; end: EndChunk }> {
    const { signal } = options
    let text = ''
    for await (const piece of this.#transport.generate(this.#request(prompt, options), { signal })) {
      if (piece.type === 'end') return { generation: { text, generationInfo: endInfo(piece) }, end: piece }
      text += piece.text
      await reportToken(runManager, new GenerationChunk({ text: piece.text }), index)
    }
    signal?.throwIfAborted()
    throw new AppError('engine_failed', 'the generation ended without a finish reason')
  }
}

function messagesOf(value: unknown): { messages?: PlainMessage[] } {
  return value instanceof ChatPromptValue ? { messages: toChatMessages(value.messages) } : {}
}

async function reportToken(
  runManager: CallbackManagerForLLMRun | undefined,
  chunk: GenerationChunk,
  prompt: number,
): Promise<void> {
  await runManager?.handleLLMNewToken(chunk.text, { prompt, completion: 0 }, undefined, undefined, undefined, { chunk })
}
