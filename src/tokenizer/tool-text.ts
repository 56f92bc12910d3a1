// Tools for a model whose chat template knows none: they, their calls and their results as plain text of messages.

import type { ChatMessage, ChatTool } from './chat-template.ts'
import { toolCallText } from './tool-form.ts'

const { open, beforeName, beforeArguments, close } = toolCallText.tags

export interface PlainMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** The same conversation in messages of one text each. */
export function inPlainText(messages: readonly ChatMessage[], tools: readonly ChatTool[]): PlainMessage[] {
  const out: PlainMessage[] = []
  let afterResult = false
  for (const { role, content, tool_calls: calls = [] } of messages) {
    if (role === 'tool') {
      const result = `<tool_response>\n${content}\n</tool_response>`
      // Several results are one turn: templates want turns to alternate.
      if (afterResult) out.at(-1)!.content += `\n${result}`
      else out.push({ role: 'user', content: result })
    } else out.push({ role, content: withCalls(content, calls) })
    afterResult = role === 'tool'
  }
  return tools.length === 0 ? out : withSystemText(out, describe(tools))
}

function withCalls(content: string, calls: NonNullable<ChatMessage['tool_calls']>): string {
  if (calls.length === 0) return content
  const texts = calls.map(({ name, arguments: given }) => {
    return `${open}${beforeName}${JSON.stringify(name)}${beforeArguments}${given.trim() || '{}'}${close}`
  })
  return [...(content === '' ? [] : [content]), ...texts].join('\n')
}

function withSystemText(messages: PlainMessage[], text: string): PlainMessage[] {
  const [first, ...rest] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: text }, ...messages]
  return [{ role: 'system', content: `${first.content}\n\n${text}` }, ...rest]
}

/** Models that were trained on the form of tags know what it means, others read it. */
function describe(tools: readonly ChatTool[]): string {
  const listed = tools.map((tool) => JSON.stringify({ type: 'function', function: tool }))
  return [
    '# Tools\n\nYou may call functions to answer the user. Their signatures are within <tools></tools>:',
    `<tools>\n${listed.join('\n')}\n</tools>\n`,
    'To call one, write its name and its arguments as JSON within <tool_call></tool_call>:',
    `${open}${beforeName}<function-name>${beforeArguments}<args-json-object>${close}`,
  ].join('\n')
}
