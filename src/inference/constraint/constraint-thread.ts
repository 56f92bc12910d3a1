// The thread that compiles grammars and walks them, so that the engine's own thread can run the model meanwhile. It
// answers in the order in which it was asked.

import { type MessagePort, workerData } from 'node:worker_threads'
import { AppError, toAppError } from '../../errors.ts'
import { fieldOf, type OutputFormat } from '../../grammar/format.ts'
import { Grammars, type Matcher } from '../../grammar/grammars.ts'
import { refusalOf } from '../../grammar/refusal.ts'
import type { Vocabulary } from '../../grammar/vocabulary.ts'
import type { FromConstraints, ToConstraints } from './constraint-messages.ts'

interface Walk {
  format: OutputFormat
  matcher: Matcher
  length: number
  /** Milliseconds that its steps took beyond `usualStepMs` each. */
  overtimeMs: number
}

/**
 * A grammar in which one text has many readings gets slower with every token, and all others wait for it. One step
 * counts no more than a second: the machine may have stood still.
 */
const usualStepMs = 100
const longestStepMs = 1000
const mostOvertimeMs = 2000

const { vocabulary, port } = workerData as { vocabulary: Vocabulary; port: MessagePort }
const grammars = Grammars.open(vocabulary)
const open = new Map<number, Walk>()
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
        open.set(key, { format: message.format, matcher, length: 0, overtimeMs: 0 })
        for (const id of message.ids) await accept(key, id)
        await tellMask(key)
        break
      }
      case 'accept':
        if (!open.has(key)) return
        await accept(key, message.id)
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

async function accept(key: number, id: number): Promise<void> {
  const walk = open.get(key)!
  if (!(await timed(walk, () => walk.matcher.accept(id)))) {
    throw new AppError('engine_failed', `token ${id} at ${walk.length} is not one that the response_format allows`)
  }
  walk.length++
}

async function tellMask(key: number): Promise<void> {
  const walk = open.get(key)!
  const { matcher, length } = walk
  const mask = await timed(walk, () => matcher.mask())
  if (mask.every((word) => word === 0)) {
    throw new AppError(
      'engine_failed',
      `no token of this model can follow the ${length} tokens within the response_format`,
    )
  }
  tell({ kind: 'mask', key, length, mask })
}

/** @throws AppError `invalid_request` where the steps of this sequence have taken too long */
async function timed<Value>(walk: Walk, step: () => Value | Promise<Value>): Promise<Value> {
  const startedAt = performance.now()
  const value = await step()
  walk.overtimeMs += Math.max(0, Math.min(performance.now() - startedAt, longestStepMs) - usualStepMs)
  if (walk.overtimeMs <= mostOvertimeMs) return value
  const message = `it takes too long to follow after ${walk.length} tokens; allowed: no repetition whose parts can be told apart in many ways`
  throw refusalOf(fieldOf(walk.format), message)
}

function tell(message: FromConstraints): void {
  port.postMessage(message)
}
