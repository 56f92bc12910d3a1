// A child process with the least that can relay a job's channel to its clients: node:http and ioredis. No log, no resume, no
// end: what the product's relay is measured against.

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { keysOf } from '../src/stream/keys.ts'

const keys = keysOf()
const redis = new Redis(process.argv[2] ?? '')
const clients = new Map<string, ServerResponse>()

redis.on('message', (channel: string, message: string) => clients.get(channel)?.write(`data: ${message}\n\n`))
const server = createServer(async (request, response) => {
  const channel = keys.channel(request.url?.split('/').at(-1) ?? '')
  await redis.subscribe(channel)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(':\n\n')
  clients.set(channel, response)
  response.on('close', () => clients.delete(channel))
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit(0))
