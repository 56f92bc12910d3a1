// From the body of an OpenAI-compatible route to what its jobs are to do.

import { AppError } from '../../errors.ts'
import type { GenerateWish } from '../../stream/payload.ts'
import type { ToolForm } from '../../tokenizer/tool-form.ts'
import { chatMessages } from './messages.ts'
import { type ChatBody, type CommonBody, type CompletionBody, mostChoices } from './requests.ts'
import { plainFormat } from './response-format.ts'
import { toolUse } from './tools.ts'

/** One prompt's worth of jobs. */
type Sampling = Omit<GenerateWish, 'prompt' | 'messages' | 'tools' | 'logprobs'>

/**
 * @param form how the model writes calls of tools
 * @throws AppError `invalid_request`
 */
export function chatWish(body: ChatBody, form: ToolForm): GenerateWish {
  refuseIf((body.functions ?? []).length > 0, 'functions', 'it is not supported; allowed: tools')
  const others = (body.modalities ?? []).filter((modality) => modality !== 'text')
  refuseIf(others.length > 0, 'modalities', 'only "text" is supported')
  refuseIf(
    body.top_logprobs !== undefined && !body.logprobs,
    'top_logprobs',
    'it needs logprobs to be true; allowed: both or neither',
  )
  const tools = toolUse(body, form)
  const format = plainFormat(body.response_format)
  refuseIf(
    tools !== null && format.type !== 'text',
    'response_format',
    'it can not be kept beside tools that may be called; allowed: one of the two, or tool_choice "none"',
  )
  return {
    ...samplingOf(body, tools?.format ?? format),
    max_tokens: body.max_completion_tokens ?? body.max_tokens,
    messages: chatMessages(body.messages),
    tools: tools?.described,
    logprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
  }
}

/** One for each prompt. @throws AppError `invalid_request` */
export function completionWishes(body: CompletionBody): GenerateWish[] {
  const { n = 1, best_of: bestOf = n } = body
  refuseIf(body.echo === true, 'echo', 'it is not supported; allowed: false')
  refuseIf((body.suffix ?? '') !== '', 'suffix', 'it is not supported; allowed: none')
  refuseIf(bestOf !== n, 'best_of', `it is not supported; allowed: n, which is ${n}`)
  const prompts = promptsOf(body.prompt)
  refuseIf(
    prompts.length * n > mostChoices,
    'n',
    `${prompts.length} prompts with ${n} answers each; allowed: at most ${mostChoices} answers`,
  )
  return prompts.map((prompt) => ({
    ...samplingOf(body, plainFormat(body.response_format)),
    max_tokens: body.max_tokens,
    prompt,
    logprobs: body.logprobs,
  }))
}

function promptsOf(prompt: CompletionBody['prompt']): (string | number[])[] {
  if (typeof prompt === 'string') return [prompt]
  return typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as string[] | number[][])
}

/** The smallest nucleus there is: its one token. */
const leastTopP = 1e-9
/** Seeds below zero are allowed here and have a place of their own. */
const seedRange = 2 ** 53

function samplingOf(body: CommonBody, format: GenerateWish['response_format']): Sampling {
  refuseIf(Object.keys(body.logit_bias ?? {}).length > 0, 'logit_bias', 'it is not supported; allowed: none')
  refuseIf(
    body.ignore_eos === true && format.type !== 'text',
    'ignore_eos',
    'it can not be true beside a response_format or tools, whose end is the end',
  )
  return {
    temperature: body.temperature ?? 0.7,
    top_p: Math.max(leastTopP, body.top_p ?? 0.9),
    top_k: Math.max(0, body.top_k ?? 0),
    min_p: body.min_p ?? 0,
    repetition_penalty: body.repetition_penalty ?? 1,
    presence_penalty: body.presence_penalty ?? 0,
    frequency_penalty: body.frequency_penalty ?? 0,
    stop: body.stop,
    seed: body.seed !== undefined && body.seed < 0 ? body.seed + seedRange : body.seed,
    response_format: format,
    ignore_eos: body.ignore_eos ?? false,
    min_tokens: body.min_tokens ?? 0,
    on_disconnect: body.on_disconnect ?? 'cancel',
    deadline_ms: 600_000,
  }
}

function refuseIf(wrong: boolean, field: string, message: string): void {
  if (wrong) throw new AppError('invalid_request', `${field}: ${message}`, { field })
}
