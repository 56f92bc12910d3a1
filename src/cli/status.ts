// `workflowai status [URL]`: what a running service does.

import { askService, serviceUrl } from './service-url.ts'

interface Health {
  version: string
  model: { name: string; precision: string; max_context: number }
  model_loaded: boolean
  redis: string
  workers: number
  jobs_waiting: number
}

interface Job {
  id: string
  kind: string
  state: string
  usage: { completion_tokens: number }
}

/** @throws AppError `unavailable` when nothing answers, `unauthorized` without the key it asks for */
export async function status(url: string | undefined, { json = false }: { json?: boolean }): Promise<void> {
  const base = serviceUrl(url)
  const health = await askService<Health>(base, '/health')
  const { jobs } = await askService<{ jobs: Job[] }>(base, '/jobs')
  if (json) return print(JSON.stringify({ url: base, health, jobs }, null, 2))
  const { model } = health
  print(`${base}  version ${health.version}, redis ${health.redis}`)
  print(`model    ${model.name} (${model.precision}), context ${model.max_context}`)
  print(`workers  ${health.workers}${health.model_loaded ? '' : ', none ready'}`)
  print(`waiting  ${health.jobs_waiting}`)
  for (const { id, kind, state, usage } of jobs.slice(0, 20)) {
    print(`${id}  ${kind.padEnd(11)}  ${state.padEnd(9)}  ${usage.completion_tokens} tokens`)
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
