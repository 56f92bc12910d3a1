// The messages of a Server-Sent Events response, as they arrive.

import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** Leaving the loop closes the connection. @throws what reading the body throws when the connection breaks */
export async function* sseMessages(response: Response): AsyncGenerator<EventSourceMessage, void, undefined> {
  const arrived: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => arrived.push(event) })
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield* arrived.splice(0)
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
