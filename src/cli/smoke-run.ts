// The documented scenarios against a service that runs. Exit code 0 when all passed.

import { readSettings } from '../settings.ts'
import { localUrl } from './readiness.ts'
import { keyHeaders, serviceUrl } from './service-url.ts'
import { type Scenario, scenarios, type Targets } from './smoke-scenarios.ts'

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

/** What a scenario has seen, or why it failed. */
interface Outcome {
  name: string
  passed: boolean
  text: string
}

export async function smoke(url: string | undefined, { json = false }: { json?: boolean } = {}): Promise<void> {
  const where = targets(url)
  const say = (line: string) => json || process.stdout.write(`${line}\n`)
  say(`model service ${where.modelUrl}, log analysis ${where.logsUrl}`)
  const outcomes: Outcome[] = []
  for (const scenario of scenarios) {
    const outcome = await outcomeOf(scenario, where)
    outcomes.push(outcome)
    say(`${outcomes.length}. ${outcome.passed ? 'PASS' : 'FAIL'}  ${outcome.name}: ${outcome.text}`)
  }
  const passed = outcomes.filter((outcome) => outcome.passed).length
  const failed = outcomes.length - passed
  say(`Passed: ${passed} Failed: ${failed}`)
  if (json) process.stdout.write(`${JSON.stringify({ passed, failed, scenarios: outcomes }, null, 2)}\n`)
  if (failed > 0) process.exitCode = 1
}

async function outcomeOf({ name, run }: Scenario, where: Targets): Promise<Outcome> {
  try {
    return { name, passed: true, text: await run(where) }
  } catch (thrown) {
    const { message, cause } = thrown as Error
    return { name, passed: false, text: [message, (cause as Error)?.message].filter(Boolean).join(': ') }
  }
}
