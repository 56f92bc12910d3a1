// A child process that sends requests with wrong keys, from the moment it is told where to until it is told to stop.

import { WrongKeyFlood } from '../test/faults/wrong-key-flood.ts'

let flood: WrongKeyFlood | null = null

process.on('message', async (message: 'stop' | { url: string; perSecond: number }) => {
  if (message !== 'stop') {
    flood = new WrongKeyFlood(message.url, message.perSecond, [
      { method: 'GET', path: '/jobs' },
      { method: 'POST', path: '/generate/stream', body: JSON.stringify({ prompt: 'Hello', max_tokens: 5 }) },
    ])
    return
  }
  await flood?.stop()
  process.send?.([...(flood?.answers ?? [])])
})
