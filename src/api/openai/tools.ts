// Tools that a chat may call: described to the model by its template, and kept to by a grammar, so that a call always
// names a tool and its arguments are of the tool's schema.

import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { ToolCallsFormat } from '../../grammar/format.ts'
import { assertSmall, grammarText } from '../../grammar/grammar-text.ts'
import { argumentRules, parametersField } from '../../grammar/tool-calls.ts'
import type { ChatTool } from '../../tokenizer/chat-template.ts'
import type { ToolForm } from '../../tokenizer/tool-form.ts'

const name = z.string().regex(/^[\w-]{1,64}$/, 'letters, digits, _ and -, at most 64')

export const toolSchema = z.object({
  type: z.literal('function'),
  function: z.object({
    name,
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish().describe('a JSON schema of an object'),
    strict: z
      .boolean()
      .nullish()
      .describe('true: refuse a schema that can not be kept, instead of allowing any arguments'),
  }),
})
type Tool = z.infer<typeof toolSchema>['function']

export const toolChoiceSchema = z.union([
  z.enum(['none', 'auto', 'required']),
  z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
])
type ToolChoice = z.infer<typeof toolChoiceSchema>

export interface ToolFields {
  tools?: z.infer<typeof toolSchema>[] | undefined
  tool_choice?: ToolChoice | undefined
  parallel_tool_calls?: boolean | undefined
}

export interface ToolUse {
  format: ToolCallsFormat
  /** For the model to know them. */
  described: ChatTool[]
}

/**
 * What the tools ask of the model; null where it may call none.
 * @throws AppError `invalid_request`
 */
export function toolUse(
  { tools = [], tool_choice: choice = 'auto', parallel_tool_calls: parallel = true }: ToolFields,
  form: ToolForm,
): ToolUse | null {
  if (choice === 'none') return null
  if (tools.length === 0) {
    if (choice === 'auto') return null
    throw refused('tool_choice', 'it asks for a call, but there are no tools')
  }
  const functions = tools.map((tool) => tool.function)
  assertDistinct(functions)
  const kept = keptParameters(functions)
  const callable = functions.map(({ name }, index) => ({ name, parameters: kept[index]! }))
  const named = typeof choice === 'object' ? callable.find((tool) => tool.name === choice.function.name) : undefined
  if (typeof choice === 'object' && !named) {
    const value = JSON.stringify(choice.function.name.slice(0, 64))
    throw refused('tool_choice.function.name', `${value} is none of the tools`)
  }
  const format: ToolCallsFormat = {
    type: 'tool_calls',
    tools: named ? [named] : callable,
    required: choice !== 'auto',
    parallel: parallel && !named && form === 'tags',
    form,
  }
  return { format, described: functions.map(describe) }
}

function describe({ name, description, parameters }: Tool): ChatTool {
  return { name, ...(description && { description }), ...(parameters && { parameters }) }
}

function assertDistinct(tools: Tool[]): void {
  const seen = new Set<string>()
  for (const [index, { name }] of tools.entries()) {
    if (seen.has(name)) throw refused(`tools[${index}].function.name`, `${name} is there twice`)
    seen.add(name)
  }
}

const anyObject = { type: 'object' }

/** The schemas that the grammar keeps: where one can't be kept and isn't `strict`, any object, as OpenAI allows then. */
function keptParameters(tools: Tool[]): Record<string, unknown>[] {
  const kept = tools.map(({ name, parameters, strict }, index) => {
    // No properties: no arguments.
    const schema = parameters ?? { ...anyObject, properties: {} }
    assertSmall(schema, parametersField(index))
    try {
      // Alone, so that its size is its own.
      argumentRules(schema, index)
      grammarText({
        type: 'tool_calls',
        tools: [{ name, parameters: schema }],
        required: true,
        parallel: false,
        form: 'tags',
      })
      return schema
    } catch (thrown) {
      if (strict || !(thrown instanceof AppError)) throw thrown
      return anyObject
    }
  })
  const all = (parameters: Record<string, unknown>[]): ToolCallsFormat => ({
    ...{ type: 'tool_calls', required: true, parallel: true, form: 'tags' },
    tools: tools.map(({ name }, index) => ({ name, parameters: parameters[index]! })),
  })
  try {
    grammarText(all(kept))
    return kept
  } catch {
    const loose = kept.map((schema, index) => (tools[index]!.strict ? schema : anyObject))
    grammarText(all(loose))
    return loose
  }
}

function refused(field: string, message: string): AppError {
  return new AppError('invalid_request', `${field}: ${message}`, { field })
}
