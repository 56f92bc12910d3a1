// One API process: its listeners in front of the service, and how it stops.

import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http'
import type { Express, Request, Response } from 'express'
import { AppError, toAppError } from '../errors.ts'
import { createApp } from './app.ts'
import type { KeyRing } from './auth/key-ring.ts'
import { sendError } from './http-error.ts'
import { openService, type ServiceOptions } from './open-service.ts'

/** A client gets this long to send its headers and its body. */
const serverOptions = { headersTimeout: 10_000, requestTimeout: 120_000, connectionsCheckingInterval: 5000 }

export interface ApiServer {
  /** The ports it listens on: the ones asked for, or those the system chose for 0. */
  readonly ports: number[]
  readonly app: Express
  /** Of those who may ask. */
  readonly keys: KeyRing
  stop(): Promise<void>
}

/** @throws AppError `unavailable` when Redis does not answer in time, `bad_setting` for a port in use */
export async function startApi(options: ServiceOptions): Promise<ApiServer> {
  const { settings } = options
  const { service, shutDown, close: closeService } = await openService(options)
  const servers: Server[] = []
  const stop = async () => {
    shutDown()
    await Promise.all(servers.map(close))
    await closeService()
  }
  const app = createApp(service)
  try {
    for (const port of settings.ports) {
      const server = createServer({ ...serverOptions, ...messagesOf(app) }, serve(app))
      server.maxConnections = settings.maxConnections
      servers.push(server)
      await listen(server, port, settings.host)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { ports: servers.map(portOf), app, keys: service.auth.keys, stop }
}

/** An address that Express' router can't read gets past all of its routes. */
function serve(app: Express): RequestListener {
  return (request, response) => {
    app(request as Request, response as Response, () => {
      const message = `${request.url?.slice(0, 100)} is no address; allowed: a path such as /jobs, or an URL`
      sendError(response as Response, new AppError('malformed', message, { field: 'url' }))
    })
  }
}

/**
 * Express gives each request and response another prototype than it was made with, and V8 then a hidden class to each of
 * them: kilobytes for every reader of a stream. Made with what Express wants, they share theirs.
 */
function messagesOf(app: Express) {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse extends ServerResponse {}
  app.request = Object.setPrototypeOf(ExpressRequest.prototype, app.request)
  app.response = Object.setPrototypeOf(ExpressResponse.prototype, app.response)
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) => {
      const { code } = thrown as NodeJS.ErrnoException
      if (code === 'EADDRINUSE') {
        reject(new AppError('bad_setting', `port ${port} on ${host} is in use; set PORT to others`, { field: 'PORT' }))
      } else reject(new AppError('bad_setting', `can't listen on ${host}:${port}: ${toAppError(thrown).message}`))
    })
    server.listen(port, host, resolve)
  })
}

/** Open responses have been told to end; what is still open after a moment is cut. */
async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), 2000)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(cut)
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
