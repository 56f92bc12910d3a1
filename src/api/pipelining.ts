// Requests on one connection are handled while the answers before them are still on their way. A client that sends thousands
// of them without reading an answer would have all of them handled at once, whatever MAX_CONNECTIONS says.

import type { Socket } from 'node:net'
import type { RequestHandler } from 'express'

const mostUnanswered = 8

/** Cuts a connection with more unanswered requests than any client of good will has. */
export function limitPipelining(): RequestHandler {
  const unanswered = new WeakMap<Socket, number>()
  return (request, response, next) => {
    const { socket } = request
    const count = (unanswered.get(socket) ?? 0) + 1
    if (count > mostUnanswered) {
      socket.destroy()
      return
    }
    unanswered.set(socket, count)
    response.on('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1))
    next()
  }
}
