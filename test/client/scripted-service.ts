// A service whose answers are written down: how a stream breaks, and what is asked next.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface ScriptedService {
  url: string
  /** `GET /jobs/1/stream after 4`, in order. */
  asked: string[]
  bodies: string[]
  /** The idempotency keys of what was posted. */
  keys: (string | undefined)[]
  close(): Promise<void>
}

/** Gives these answers in turn, then 500; a DELETE takes none of them. */
export async function startScriptedService(...answers: Answer[]): Promise<ScriptedService> {
  const asked: string[] = []
  const bodies: string[] = []
  const keys: (string | undefined)[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const lastId = request.headers['last-event-id']
    asked.push(`${request.method} ${request.url}${lastId === undefined ? '' : ` after ${lastId}`}`)
    bodies.push(Buffer.concat(parts).toString())
    if (request.method === 'POST') keys.push(request.headers['idempotency-key'] as string | undefined)
    if (request.method === 'DELETE') response.end('{}')
    else (answers.shift() ?? ((_, late) => late.writeHead(500).end()))(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ...{ asked, bodies, keys, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const head = { 'content-type': 'text/event-stream; charset=utf-8', 'x-job-id': 'job/1' }

export const queued = 'retry: 3000\n\nid: 0\nevent: queued\ndata: {"id":"job/1","position":0,"eta_ms":null}\n\n'
export const token = (id: number, text: string) =>
  `id: ${id}\nevent: token\ndata: ${JSON.stringify({ token: text })}\n\n`
export const done = (id: number, tokens = 2) => {
  const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens, cached_tokens: 0 }
  return `id: ${id}\nevent: done\ndata: ${JSON.stringify({ finish_reason: 'stop', usage })}\n\n`
}

/** Streams this and then breaks the connection. */
export const breaking =
  (text: string): Answer =>
  (_, response) => {
    response.writeHead(200, head)
    response.write(text, () => setTimeout(() => response.destroy(), 5))
  }

/** Streams this and ends as a whole answer does. */
export const ending =
  (text: string): Answer =>
  (_, response) =>
    response.writeHead(200, head).end(text)

/** Streams this and stays open. */
export const staying =
  (text: string, onClose: () => void): Answer =>
  (_, response) => {
    response.writeHead(200, head)
    response.write(text)
    response.on('close', onClose)
  }

/** Takes the request and breaks the connection without an answer. */
export const silent: Answer = (_, response) => response.destroy()

export const refusing =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(body)
