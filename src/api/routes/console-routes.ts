// The console: a page, its style and its scripts. Nothing of it comes from elsewhere, and nothing inline runs.

import { extname } from 'node:path'
import { type Response, Router } from 'express'
import { AppError } from '../../errors.ts'
import { consoleFiles } from '../console-files.ts'
import { consoleHeaders } from '../security-headers.ts'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export function consoleRoutes(): Router {
  const router = Router()
  router.get('/', consoleHeaders, (_request, response) => send('index.html', response))
  router.get('/docs', consoleHeaders, (_request, response) => send('docs.html', response))
  router.get('/console/:file', consoleHeaders, (request, response) => send(request.params.file as string, response))
  return router
}

async function send(name: string, response: Response): Promise<void> {
  const contents = (await consoleFiles()).get(name)
  const type = types[extname(name)]
  if (contents === undefined || type === undefined) {
    throw new AppError('not_found', `/console/${name.slice(0, 80)} is not a file of the console`)
  }
  response.set({ 'Content-Type': type, 'Cache-Control': 'no-cache' })
  response.send(Buffer.from(contents))
}
