// `npm run smoke [URL]`: the documented scenarios against a service that runs. Exit code 0 when all passed.

import { AppError } from '../errors.ts'
import { runMain } from '../process-main.ts'
import { readSettings } from '../settings.ts'
import { localUrl } from './readiness.ts'
import { scenarios, type Targets } from './smoke-scenarios.ts'

/** Without a URL: the service that `npm start` runs here, its first port for logs and its last for the model. */
function targets(url: string | undefined): Targets {
  if (url === undefined) {
    const { host, ports } = readSettings(process.env)
    return { logsUrl: localUrl(host, ports[0]!), modelUrl: localUrl(host, ports.at(-1)!) }
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new AppError('bad_setting', `"${url}" is no URL; give one such as http://127.0.0.1:8002`)
  }
  const base = url.replace(/\/+$/, '')
  return { logsUrl: base, modelUrl: base }
}

async function smoke(): Promise<void> {
  const where = targets(process.argv[2])
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

await runMain(smoke)
