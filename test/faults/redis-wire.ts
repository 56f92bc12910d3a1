// The wire between one process and Redis: a TCP proxy that can be cut, in the ways that networks are cut.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export const cuts = ['reset', 'hang', 'lose-replies'] as const
/**
 * `reset`: connections break and new ones are refused. `hang`: nothing passes and nothing breaks; what was sent arrives when
 * the wire is mended, however old it is by then. `lose-replies`: commands arrive, their replies don't, and in the end the
 * connections break: whatever the sender sends again has been done already.
 */
export type Cut = (typeof cuts)[number]

interface Pair {
  client: Socket
  server: Socket
}

export class RedisWire {
  readonly #pairs = new Set<Pair>()
  readonly #listener: Server
  #cut: Cut | null = null

  private constructor(redis: { host: string; port: number }) {
    this.#listener = createServer((client) => this.#join(client, connect(redis)))
  }

  static async start(redis: { host: string; port: number }): Promise<RedisWire> {
    const wire = new RedisWire(redis)
    wire.#listener.listen(0, '127.0.0.1')
    await once(wire.#listener, 'listening')
    return wire
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  cut(how: Cut): void {
    this.#cut = how
    if (how === 'reset') this.#reset()
    if (how === 'hang') for (const pair of this.#pairs) pause(pair)
  }

  mend(): void {
    const was = this.#cut
    this.#cut = null
    if (was === 'lose-replies') this.#reset()
    if (was === 'hang') {
      for (const { client, server } of this.#pairs) {
        client.resume()
        server.resume()
      }
    }
  }

  async stop(): Promise<void> {
    this.#reset()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  #join(client: Socket, server: Socket): void {
    if (this.#cut === 'reset') {
      client.resetAndDestroy()
      server.destroy()
      return
    }
    const pair = { client, server }
    this.#pairs.add(pair)
    const end = () => {
      this.#pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', () => {}) // 'close' follows.
      socket.on('close', end)
    }
    client.on('data', (chunk) => server.write(chunk))
    server.on('data', (chunk) => {
      if (this.#cut !== 'lose-replies') client.write(chunk)
    })
    if (this.#cut === 'hang') pause(pair)
  }

  #reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy()
      server.destroy()
    }
  }
}

function pause({ client, server }: Pair): void {
  client.pause()
  server.pause()
}
