// How a model writes the calls of tools. Two forms are known by the chat templates that ask for them:
//
//   tags   <tool_call>                                                       Hermes, Qwen; also what models
//          {"name": "get_weather", "arguments": {"city": "Paris"}}           are asked for whose template
//          </tool_call>                                                      knows no tools
//
//   bare   {"name": "get_weather", "parameters": {"city": "Paris"}}          Llama 3: one call, and nothing behind it
//
// JSON has no raw line break, so what closes a call in tags can't be part of its arguments.

export const toolForms = ['tags', 'bare'] as const
export type ToolForm = (typeof toolForms)[number]

export interface ToolCallSpelling {
  /** What no other text begins with. */
  open: string
  /** Behind `open`. */
  beforeName: string
  beforeArguments: string
  close: string
}

export const toolCallText: Record<ToolForm, ToolCallSpelling> = {
  tags: {
    open: '<tool_call>',
    beforeName: '\n{"name": ',
    beforeArguments: ', "arguments": ',
    close: '}\n</tool_call>',
  },
  bare: { open: '{"name": ', beforeName: '', beforeArguments: ', "parameters": ', close: '}' },
}

/** The form that a template tells its model of; null: it knows no tools, or a form that we don't. */
export function toolFormOf(template: string | null): ToolForm | null {
  if (template === null || !/\btools\b/.test(template)) return null
  if (/<tool_call>/.test(template)) return /\\?"arguments\\?":/.test(template) ? 'tags' : null
  return /\\?"name\\?":/.test(template) && /\\?"parameters\\?":/.test(template) ? 'bare' : null
}
