// What an output must look like, as it travels from the request to the engine. `text`, which asks for nothing, is null
// everywhere behind the request's schema.

import type { ToolForm } from '../tokenizer/tool-form.ts'

export type OutputFormat =
  /** A JSON value that satisfies the schema. */
  | { type: 'json_schema'; json_schema: { schema: Record<string, unknown> } }
  /** Any JSON object. */
  | { type: 'json_object' }
  /** A text that the whole regular expression matches. */
  | { type: 'regex'; regex: string }
  /** One of these texts. */
  | { type: 'choice'; choices: string[] }
  | ToolCallsFormat

/** Calls of these tools (tool-calls.ts). */
export interface ToolCallsFormat {
  type: 'tool_calls'
  /** `parameters` is a JSON schema. */
  tools: { name: string; parameters: Record<string, unknown> }[]
  /** false: any text, and calls only behind it, if at all. */
  required: boolean
  /** Whether there may be several; not where nothing follows a call. */
  parallel: boolean
  /** How they are written. */
  form: ToolForm
}

export const schemaField = 'response_format.json_schema.schema'

/** Where the request says it. */
export function fieldOf({ type }: OutputFormat): string {
  switch (type) {
    case 'json_schema':
      return schemaField
    case 'json_object':
      return 'response_format'
    case 'regex':
      return 'response_format.regex'
    case 'choice':
      return 'response_format.choices'
    case 'tool_calls':
      return 'tools'
    default:
      return type satisfies never
  }
}
