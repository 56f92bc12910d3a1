// A client that keeps no rule: bytes over a socket, as slow, as many and as broken as a test wants.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export class RawClient {
  readonly socket: Socket
  /** What the server has sent, the newest megabyte at most. */
  received = ''
  closed = false

  constructor(url: string, allowHalfOpen = false) {
    const { port, hostname } = new URL(url)
    this.socket = connect({ port: Number(port), host: hostname, allowHalfOpen })
    this.socket.setEncoding('latin1')
    this.socket.on('data', (chunk: string) => {
      this.received = (this.received + chunk).slice(-1_000_000)
    })
    this.socket.on('error', () => {}) // 'close' follows.
    this.socket.on('close', () => {
      this.closed = true
    })
  }

  send(text: string): this {
    this.socket.write(text)
    return this
  }

  /** The first bytes of the answer, or '' where the connection was closed without any. */
  async answer(): Promise<string> {
    if (this.received === '' && !this.closed) {
      // A connection that is reset has no answer.
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]).catch(() => {})
    }
    return this.received
  }

  async untilClosed(): Promise<void> {
    if (!this.closed) await new Promise((resolve) => this.socket.once('close', resolve))
  }
}

export const head = (line: string, headers: Record<string, string | number> = {}): string =>
  [
    `${line} HTTP/1.1`,
    'host: localhost',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')

export const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index))
