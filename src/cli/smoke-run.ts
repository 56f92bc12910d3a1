// The documented scenarios against a service that runs. Exit code 0 when all passed.

import { readSettings } from '../settings.ts'
import { localUrl } from './readiness.ts'
import { keyHeaders, serviceUrl } from './service-url.ts'
import { scenarios, type Targets } from './smoke-scenarios.ts'

/** Without a URL: the service that `npm start` runs here, its first port for logs and its last for the model. */
function targets(url: string | undefined): Targets {
  const headers = keyHeaders(process.env)
  if (url === undefined) {
    const { host, ports } = readSettings(process.env)
    return { logsUrl: localUrl(host, ports[0]!), modelUrl: localUrl(host, ports.at(-1)!), headers }
  }
  const base = serviceUrl(url)
  return { logsUrl: base, modelUrl: base, headers }
}

export async function smoke(url: string | undefined): Promise<void> {
  const where = targets(url)
  process.stdout.write(`model service ${where.modelUrl}, log analysis ${where.logsUrl}\n`)
  let passed = 0
  for (const [index, { name, run }] of scenarios.entries()) {
    const outcome = await run(where).then(
      (seen) => ({ ok: true, text: seen }),
      (thrown: Error) => ({
        ok: false,
        text: [thrown.message, (thrown.cause as Error)?.message].filter(Boolean).join(': '),
      }),
    )
    if (outcome.ok) passed++
    process.stdout.write(`${index + 1}. ${outcome.ok ? 'PASS' : 'FAIL'}  ${name}: ${outcome.text}\n`)
  }
  process.stdout.write(`Passed: ${passed} Failed: ${scenarios.length - passed}\n`)
  if (passed < scenarios.length) process.exitCode = 1
}
