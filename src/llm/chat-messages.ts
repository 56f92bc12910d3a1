// LangChain's messages as the service takes them.

import type { BaseMessage } from '@langchain/core/messages'
import { AppError } from '../errors.ts'
import type { PlainMessage } from '../tokenizer/tool-text.ts'

const roles: Record<string, PlainMessage['role']> = { system: 'system', human: 'user', ai: 'assistant' }

/** Throws `invalid_request` for a role or a content that a text model has no place for. */
export function toChatMessages(messages: BaseMessage[]): PlainMessage[] {
  return messages.map((message, index) => {
    const role = roles[message.getType()]
    if (role !== undefined) return { role, content: textOf(message, index) }
    throw new AppError(
      'invalid_request',
      `messages[${index}] has the type ${message.getType()}; only system, human and ai are possible`,
      {
        field: `messages[${index}].role`,
      },
    )
  })
}

function textOf({ content }: BaseMessage, index: number): string {
  if (typeof content === 'string') return content
  return content
    .map((part) => {
      if (part.type === 'text' && typeof part.text === 'string') return part.text
      throw new AppError('invalid_request', `messages[${index}] holds a ${part.type} part; only text is possible`, {
        field: `messages[${index}].content`,
      })
    })
    .join('')
}
