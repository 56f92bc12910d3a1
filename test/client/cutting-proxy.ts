// A TCP proxy that cuts connections: after so many bytes to the client, as often as it is told to.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  url: string
  /** Connections so far. */
  connections(): number
  /** Cuts the next `times` connections after so many bytes of the answer, and those that are open at once. */
  cut(times: number, bytes: number): void
  /** The target is gone: connections break, and new ones go to another. */
  moveTo(target: string): void
  close(): Promise<void>
}

export async function startCuttingProxy(firstTarget: string): Promise<CuttingProxy> {
  let target = new URL(firstTarget)
  const sockets = new Set<Socket>()
  let connections = 0
  let plan = { times: 0, bytes: 0 }
  const server = createServer((client) => {
    connections++
    const cutAfter = plan.times > 0 ? plan.bytes : Number.POSITIVE_INFINITY
    plan.times--
    const upstream = connect(Number(target.port), target.hostname)
    let passed = 0
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, Math.max(0, cutAfter - passed)))
      passed += chunk.length
      if (passed >= cutAfter) client.resetAndDestroy()
    })
  })
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    cut: (times, bytes) => {
      plan = { times, bytes }
      // Those that are kept for the next request would escape it.
      breakAll()
    },
    moveTo: (next) => {
      target = new URL(next)
      breakAll()
    },
    close: async () => {
      breakAll()
      server.close()
      await once(server, 'close')
    },
  }
}
