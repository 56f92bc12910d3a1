// What browsers may do with what this service answers. Pages run and style with their own files, nothing from elsewhere, in
// no frame; everything else is data, of which a browser makes nothing. Each stream holds its headers in memory as long as it
// is open, so data gets the three that matter for it.

import type { RequestHandler } from 'express'
import helmet from 'helmet'

const own = ["'self'"]
const nothing = ["'none'"]

const dataHeaders = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set(dataHeaders)
  next()
}

const directives = {
  ...{ defaultSrc: nothing, scriptSrc: own, workerSrc: own, styleSrc: own, connectSrc: own, imgSrc: [...own, 'data:'] },
  ...{ baseUri: nothing, formAction: nothing, frameAncestors: nothing },
}

const pageHeaders = (changed: Record<string, string[]> = {}): RequestHandler =>
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { ...directives, ...changed } },
    frameguard: { action: 'deny' },
  })

export const consoleHeaders = pageHeaders()

/** bull-board's page brings its styles inline, and a base element. The fonts that it would fetch from elsewhere stay out. */
export const queueBoardHeaders = pageHeaders({
  ...{ styleSrc: [...own, "'unsafe-inline'"], fontSrc: own, baseUri: own, formAction: own },
})
