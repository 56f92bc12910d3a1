// The thread that compiles grammars and walks them, so that the engine's own thread can run the model meanwhile. It
// answers in the order in which it was asked.

import { type MessagePort, workerData } from 'node:worker_threads'
import { AppError, toAppError } from '../../errors.ts'
import { Grammars, type Matcher } from '../../grammar/grammars.ts'
import type { Vocabulary } from '../../grammar/vocabulary.ts'
import type { FromConstraints, ToConstraints } from './constraint-messages.ts'

const { vocabulary, port } = workerData as { vocabulary: Vocabulary; port: MessagePort }
const grammars = Grammars.open(vocabulary)
const open = new Map<number, { matcher: Matcher; length: number }>()
let last = Promise.resolve()

// The library writes why a grammar is refused to the console; the refusal itself is reported.
console.error = () => {}
console.warn = () => {}
port.on('message', (message: ToConstraints) => {
  last = last.then(() => handle(message))
})

async function handle(message: ToConstraints): Promise<void> {
  const { key } = message
  try {
    switch (message.kind) {
      case 'open': {
        const matcher = await (await grammars).matcher(message.format)
        open.set(key, { matcher, length: 0 })
        for (const id of message.ids) accept(key, id)
        await tellMask(key)
        break
      }
      case 'accept':
        if (!open.has(key)) return
        accept(key, message.id)
        await tellMask(key)
        break
      case 'close':
        open.get(key)?.matcher.close()
        open.delete(key)
        break
      default:
        message satisfies never
    }
  } catch (thrown) {
    const { code, message: text } = toAppError(thrown, 'engine_failed')
    tell({ kind: 'failed', key, code, message: text })
  }
}

function accept(key: number, id: number): void {
  const sequence = open.get(key)!
  if (!sequence.matcher.accept(id)) {
    throw new AppError('engine_failed', `token ${id} at ${sequence.length} is not one that the response_format allows`)
  }
  sequence.length++
}

async function tellMask(key: number): Promise<void> {
  const { matcher, length } = open.get(key)!
  const mask = await matcher.mask()
  if (mask.every((word) => word === 0)) {
    throw new AppError(
      'engine_failed',
      `no token of this model can follow the ${length} tokens within the response_format`,
    )
  }
  tell({ kind: 'mask', key, length, mask })
}

function tell(message: FromConstraints): void {
  port.postMessage(message)
}
