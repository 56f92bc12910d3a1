// What the pages say of themselves.

import type { RouteDoc } from '../openapi-route.ts'

export const consoleDocs: RouteDoc[] = [
  {
    ...{ method: 'get', path: '/', tag: 'Pages', access: 'open' },
    summary: 'The console',
    answers: { 200: { description: 'a page', media: 'text/html' } },
  },
  {
    ...{ method: 'get', path: '/docs', tag: 'Pages', access: 'open' },
    summary: 'This document as a page, with a form to try each route',
    answers: { 200: { description: 'a page', media: 'text/html' } },
  },
  {
    ...{ method: 'get', path: '/console/:file', tag: 'Pages', access: 'open' },
    summary: 'A script, a style or a picture of the pages',
    parameters: [
      {
        ...{ name: 'file', in: 'path', schema: { type: 'string' }, example: 'console.css' },
        description: 'as the page names it',
      },
    ],
    answers: { 200: { description: 'the file', media: 'text/css' } },
    errors: [404],
  },
]
