// What browsers may do with pages of this service: run and style with its own files, nothing from elsewhere, in no frame.

import type { RequestHandler } from 'express'
import helmet from 'helmet'

const own = ["'self'"]
const nothing = ["'none'"]

const directives = {
  ...{ defaultSrc: own, scriptSrc: own, styleSrc: own, connectSrc: own, fontSrc: own, imgSrc: [...own, 'data:'] },
  ...{ workerSrc: own, objectSrc: nothing, baseUri: nothing, frameAncestors: nothing, formAction: own },
  scriptSrcAttr: nothing,
}

const headers = (changed: Record<string, string[]> = {}): RequestHandler =>
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { ...directives, ...changed } },
    frameguard: { action: 'deny' },
  })

export const securityHeaders = headers()

/** bull-board's page brings its styles inline, and a base element. The fonts that it would fetch from elsewhere stay out. */
export const queueBoardHeaders = headers({ styleSrc: [...own, "'unsafe-inline'"], baseUri: own })
