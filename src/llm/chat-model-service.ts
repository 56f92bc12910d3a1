// The model of this service as a LangChain chat model, over the same transports as ModelServiceLLM.

import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel, type BaseChatModelParams } from '@langchain/core/language_models/chat_models'
import { AIMessageChunk, type BaseMessage, type UsageMetadata } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import { AppError } from '../errors.ts'
import type { Usage } from '../stream/events.ts'
import { toChatMessages } from './chat-messages.ts'
import type { GenerateInput, GenerateTransport } from './generate-transport.ts'
import type { ModelServiceCallOptions } from './model-service-llm.ts'
import { type ModelServiceParams, pickParams, toWire } from './model-service-params.ts'
import { endInfo } from './token-usage.ts'

export interface ChatModelServiceFields extends ModelServiceParams, BaseChatModelParams {
  transport: GenerateTransport
  /** Shown in traces; the service decides which model it runs. */
  model?: string
  stop?: string[]
}

export class ChatModelService extends BaseChatModel<ModelServiceCallOptions> {
  static override lc_name(): string {
    return 'ChatModelService'
  }

  readonly model: string | undefined
  readonly #transport: GenerateTransport
  readonly #params: ModelServiceParams
  readonly #stop: string[] | undefined

  constructor(fields: ChatModelServiceFields) {
    super(fields)
    this.model = fields.model
    this.#transport = fields.transport
    this.#params = pickParams(fields)
    this.#stop = fields.stop
  }

  override _llmType(): string {
    return 'chat_model_service'
  }

  override invocationParams(options?: this['ParsedCallOptions']): GenerateInput {
    const stop = options?.stop ?? this.#stop
    return { ...toWire({ ...this.#params, ...pickParams(options ?? {}) }), ...(stop !== undefined && { stop }) }
  }

  /** @throws AppError where the model ends without a finish reason: half an answer must not look whole */
  override async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    let whole: ChatGenerationChunk | undefined
    for await (const chunk of this._streamResponseChunks(messages, options, runManager)) {
      whole = whole === undefined ? chunk : whole.concat(chunk)
    }
    if (whole === undefined) throw new AppError('engine_failed', 'the model gave no answer')
    return { generations: [whole] }
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const { signal } = options
    const request = { ...this.invocationParams(options), messages: toChatMessages(messages) }
    let ended = false
    for await (const piece of this.#transport.generate(request, { signal })) {
      if (piece.type === 'end') {
        ended = true
        const message = Object.assign(new AIMessageChunk({ content: '' }), {
          usage_metadata: usageMetadata(piece.usage),
        })
        yield new ChatGenerationChunk({ text: '', message, generationInfo: endInfo(piece) })
        continue
      }
      const { text } = piece
      const chunk = new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text }) })
      await runManager?.handleLLMNewToken(text, { prompt: 0, completion: 0 }, undefined, undefined, undefined, {
        chunk,
      })
      yield chunk
    }
    signal?.throwIfAborted()
    if (!ended) throw new AppError('engine_failed', 'the generation ended without a finish reason')
  }
}

function usageMetadata({ prompt_tokens, completion_tokens, total_tokens, cached_tokens }: Usage): UsageMetadata {
  return {
    ...{ input_tokens: prompt_tokens, output_tokens: completion_tokens, total_tokens },
    input_token_details: { cache_read: cached_tokens },
  }
}
