// A chat's messages as the model's template takes them: system, user and assistant, each with one text. Calls and results
// of tools are written in the form that the model itself is asked to write.

import { AppError } from '../../errors.ts'
import { toolCallText } from '../../grammar/tool-calls.ts'
import type { ChatMessage } from '../../tokenizer/chat-template.ts'
import { show } from '../validation.ts'
import type { ChatMessageBody } from './requests.ts'

type Content = string | { type: string; text?: string | undefined }[]

/**
 * @param toolText describes the tools; it becomes part of the system message
 * @throws AppError `invalid_request` for a part of a content that is no text
 */
export function chatMessages(messages: ChatMessageBody[], toolText: string | null): ChatMessage[] {
  const out: ChatMessage[] = []
  let afterResult = false
  for (const [index, message] of messages.entries()) {
    const content = textOf(message.content ?? '', `messages[${index}].content`)
    const isResult = message.role === 'tool'
    switch (message.role) {
      case 'system':
      case 'developer':
        out.push({ role: 'system', content })
        break
      case 'user':
        out.push({ role: 'user', content })
        break
      case 'assistant':
        out.push({ role: 'assistant', content: withCalls(content, message.tool_calls ?? []) })
        break
      case 'tool': {
        const result = `<tool_response>\n${content}\n</tool_response>`
        // Several results are one turn: templates want turns to alternate.
        if (afterResult) out.at(-1)!.content += `\n${result}`
        else out.push({ role: 'user', content: result })
        break
      }
      default:
        message satisfies never
    }
    afterResult = isResult
  }
  return toolText === null ? out : withSystemText(out, toolText)
}

function textOf(content: Content, field: string): string {
  if (typeof content === 'string') return content
  return content
    .map(({ type, text }, index) => {
      if (type === 'text' && text !== undefined) return text
      const part = `${field}[${index}]`
      const wrong = type === 'text' ? `${part}.text is missing` : `${part}.type is ${show(type)}`
      throw new AppError('invalid_request', `${wrong}; allowed: parts of type "text", this model reads nothing else`, {
        field: part,
      })
    })
    .join('')
}

function withCalls(content: string, calls: { function: { name: string; arguments: string } }[]): string {
  const { open, beforeName, beforeArguments, close } = toolCallText
  const texts = calls.map(({ function: { name, arguments: given } }) => {
    return `${open}${beforeName}${JSON.stringify(name)}${beforeArguments}${given.trim() || '{}'}${close}`
  })
  return [...(content === '' ? [] : [content]), ...texts].join('\n')
}

function withSystemText(messages: ChatMessage[], text: string): ChatMessage[] {
  const [first, ...rest] = messages
  if (first?.role !== 'system') return [{ role: 'system', content: text }, ...messages]
  return [{ role: 'system', content: `${first.content}\n\n${text}` }, ...rest]
}
