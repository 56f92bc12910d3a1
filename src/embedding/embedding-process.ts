// The process that embeds, a child of an API, a worker or a command: what it does blocks an event loop, and a native
// abort ends only this process. When its parent is gone the channel closes and it exits.

import { failureOf } from '../kept-child.ts'
import { resolveEncoder } from '../tokenizer/model-files.ts'
import type { FromEmbedding, ToEmbedding } from './embedding-messages.ts'
import { Encoder } from './encoder.ts'

if (!process.send) {
  console.error('embedding-process is started by an API or a worker: set EMBEDDING_MODEL for them')
  process.exit(1)
}

let encoder: Encoder | null = null

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Ctrl-C and a service manager signal the whole group; the parent ends its requests first and then this process.
  })
}
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToEmbedding) => void (message.kind === 'open' ? open(message) : answer(message)))

async function open({ model, dataDir }: Extract<ToEmbedding, { kind: 'open' }>): Promise<void> {
  try {
    encoder = await Encoder.open(await resolveEncoder(model, dataDir))
    tell({ kind: 'ready', info: encoder.info })
  } catch (thrown) {
    tell({ kind: 'refused', error: failureOf(thrown) }, () => process.exit(1))
  }
}

async function answer(call: Extract<ToEmbedding, { kind: 'call' }>): Promise<void> {
  const { id } = call
  try {
    const answer = call.name === 'tokenize' ? encoder!.tokenize(call.asked) : await encoder!.encode(call.asked)
    tell({ kind: 'told', told: { id, answer } })
  } catch (thrown) {
    tell({ kind: 'told', told: { id, error: failureOf(thrown) } })
  }
}

function tell(message: FromEmbedding, sent?: () => void): void {
  process.send?.(message, undefined, undefined, (error) => {
    // The parent is gone; 'disconnect' may come later than this.
    if (error) process.exit(0)
    sent?.()
  })
}
