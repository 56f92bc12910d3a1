// A child process that refuses whatever it is asked, with no more than node:http: what the same requests cost the machine
// where no service is behind them.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const body = JSON.stringify({ error: { code: 'rate_limited', message: 'too many wrong keys from this address' } })

const server = createServer((_request, response) => {
  response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '60' }).end(body)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
