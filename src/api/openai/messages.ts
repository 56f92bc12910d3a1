// A chat's messages as the model's template takes them: each with one text, an assistant's with the calls that it made.

import { AppError } from '../../errors.ts'
import type { ChatMessage } from '../../tokenizer/chat-template.ts'
import { show } from '../validation.ts'
import type { ChatMessageBody } from './requests.ts'

type Content = string | { type: string; text?: string | undefined }[]

/** @throws AppError `invalid_request` for a part of a content that is no text */
export function chatMessages(messages: ChatMessageBody[]): ChatMessage[] {
  return messages.map((message, index) => {
    const content = textOf(message.content ?? '', `messages[${index}].content`)
    const calls = message.role === 'assistant' ? message.tool_calls : undefined
    return {
      role: message.role === 'developer' ? 'system' : message.role,
      content,
      ...(calls && calls.length > 0 && { tool_calls: calls.map((call) => call.function) }),
    }
  })
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
