// TCP ports on this machine: which is free, and whether one is taken.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** A port on 127.0.0.1 that was free a moment ago. Another process may take it first: a caller that must have one retries. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Tries to listen. Resolves to the error that a real server would meet (EADDRINUSE, EACCES, EADDRNOTAVAIL), or null. */
export async function portProblem(port: number, host: string): Promise<NodeJS.ErrnoException | null> {
  const server = createServer()
  try {
    server.listen({ port, host, exclusive: true })
    await once(server, 'listening')
  } catch (thrown) {
    return thrown as NodeJS.ErrnoException
  }
  server.close()
  await once(server, 'close')
  return null
}
