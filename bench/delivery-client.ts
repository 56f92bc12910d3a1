// A child process that reads one stream for each id it is told and says, when it is stopped, how old each token was when its
// bytes were there.
// Nothing but sockets: whatever a client library would add is not the server's.

import { connect } from 'node:net'

const now = () => performance.timeOrigin + performance.now()
/** A token's text is the time at which it was written. */
const stamp = /"(\d{13}\.\d{3})"/g

const ages: number[] = []

process.on('message', async (message: 'stop' | { port: number; ids: string[]; path: string }) => {
  if (message === 'stop') {
    process.send?.(ages)
    return
  }
  const { port, ids, path } = message
  const heads = ids.map(
    (id) =>
      new Promise<void>((begun) => {
        const socket = connect(port, '127.0.0.1')
        socket.write(`GET ${path.replace('ID', id)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
        socket.setEncoding('latin1')
        socket.on('data', (chunk: string) => {
          begun()
          const at = now()
          for (const [, time] of chunk.matchAll(stamp)) ages.push(at - Number(time))
        })
        socket.on('error', () => {}) // 'close' follows.
        socket.on('close', begun)
      }),
  )
  await Promise.all(heads)
  process.send?.('reading')
})
