// A child process that reads one stream for each id it is told and says how old each token was when its bytes were there.
// Nothing but sockets: whatever a client library would add is not the server's.

import { connect, type Socket } from 'node:net'

const now = () => performance.timeOrigin + performance.now()
/** A token's text is the time at which it was written. */
const stamp = /"(\d{13}\.\d{3})"/g

const sockets: Socket[] = []

process.on('message', async (message: 'stop' | { port: number; ids: string[]; paths: string }) => {
  if (message === 'stop') {
    for (const socket of sockets) socket.destroy()
    return
  }
  const { port, ids, paths } = message
  const ages: number[] = []
  let open = ids.length
  const heads = ids.map(
    (id) =>
      new Promise<void>((begun) => {
        const socket = connect(port, '127.0.0.1')
        socket.write(`GET ${paths.replace('ID', id)} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
        sockets.push(socket)
        socket.setEncoding('latin1')
        socket.on('data', (chunk: string) => {
          begun()
          const at = now()
          for (const [, time] of chunk.matchAll(stamp)) ages.push(at - Number(time))
          if (chunk.includes('event: done')) socket.destroy()
        })
        socket.on('error', () => {}) // 'close' follows.
        socket.on('close', () => {
          begun()
          if (--open === 0) process.send?.(ages)
        })
      }),
  )
  await Promise.all(heads)
  process.send?.('reading')
})
