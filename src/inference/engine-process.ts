// The engine's own process, a child of a worker: `InferenceSession.run` blocks its event loop, and a native abort ends
// only this process. It lives exactly as long as its parent wants: signals of the process group are the parent's
// business, and when the parent is gone the channel closes and this process exits.

import { failureOf } from '../kept-child.ts'
import type { Engine } from './engine.ts'
import type { EngineNews, EngineSettings, FromEngine, ToEngine } from './engine-messages.ts'
import { openEngine } from './open-engine.ts'

const statsIntervalMs = 250

if (!process.send) {
  console.error('engine-process is started by a worker: use `npm start` or `npm run worker`')
  process.exit(1)
}

let engine: Engine | null = null

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Ctrl-C and a service manager signal the whole group; the parent hands its jobs back first and then closes us.
  })
}
process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToEngine) => {
  switch (message.kind) {
    case 'open':
      void open(message.settings)
      break
    case 'submit':
      engine?.submit(message.request)
      break
    case 'cancel':
      engine?.cancel(message.id)
      break
    case 'close':
      void close()
      break
    default:
      message satisfies never
  }
})

async function open(settings: EngineSettings): Promise<void> {
  try {
    engine = await openEngine(settings, {
      onProgress: (progress) => report({ kind: 'progress', progress }),
      // The parent finds out whose fault it was: in the next child the suspects run alone.
      onFailure: giveUp,
    })
  } catch (thrown) {
    giveUp(thrown)
    return
  }
  watch(engine)
  tell({ kind: 'ready', info: engine.info })
}

function watch(opened: Engine): void {
  let told = JSON.stringify(opened.stats())
  opened.onStep((outputs) => {
    const stats = opened.stats()
    told = JSON.stringify(stats)
    report({ kind: 'step', outputs, stats })
  })
  setInterval(() => {
    const stats = opened.stats()
    if (JSON.stringify(stats) === told) return
    told = JSON.stringify(stats)
    report({ kind: 'stats', stats })
  }, statsIntervalMs)
}

async function close(): Promise<void> {
  await engine?.close()
  process.exit(0)
}

function giveUp(thrown: unknown): void {
  tell({ kind: 'refused', error: failureOf(thrown) }, () => process.exit(1))
}

function report(told: EngineNews): void {
  tell({ kind: 'told', told })
}

function tell(message: FromEngine, sent?: () => void): void {
  process.send?.(message, undefined, undefined, (error) => {
    // The parent is gone; 'disconnect' may come later than this.
    if (error) process.exit(0)
    sent?.()
  })
}
