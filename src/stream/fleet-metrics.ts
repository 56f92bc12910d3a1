// What all workers together have done, counted in Redis: workers come and go, their counts stay. Every worker adds what it
// has counted since its last heartbeat; any API process shows the sums to Prometheus, all of them the same.

import type { Keys } from './keys.ts'
import type { RedisClient } from './redis.ts'

const seconds = {
  short: [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2],
  long: [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 600],
}

interface Metric {
  help: string
  /** Of a histogram, without infinity; null: a counter. */
  buckets: number[] | null
  /** The one label of a counter; its values are few and known. */
  label?: string
}

const counter = (help: string, label?: string): Metric => ({ help, buckets: null, ...(label && { label }) })
const histogram = (help: string, buckets: number[]): Metric => ({ help, buckets })

/** Names as vLLM has them, behind `workflowai:`. */
const fleetCatalog = {
  prompt_tokens_total: counter('Prompt tokens of sequences that have started'),
  generation_tokens_total: counter('Generated tokens'),
  prefix_cache_queries_total: counter('Prompt tokens looked up for reuse'),
  prefix_cache_hits_total: counter('Of them, those reused instead of computed'),
  spec_decode_num_draft_tokens_total: counter('Tokens guessed ahead by drafting'),
  spec_decode_num_accepted_tokens_total: counter('Of them, those kept'),
  num_preemptions_total: counter('Sequences put back to wait because the cache was full'),
  engine_busy_seconds_total: counter('Seconds spent in steps'),
  request_success_total: counter('Jobs that ended, by finish reason', 'finished_reason'),
  request_failure_total: counter('Jobs that ended in an error, by code', 'code'),
  recoveries_total: counter('Attempts that went on with a job which another had begun'),
  time_to_first_token_seconds: histogram('From admission to the first token', seconds.long),
  request_queue_time_seconds: histogram('From admission until a worker opened the job', seconds.long),
  e2e_request_latency_seconds: histogram('From admission to the end', seconds.long),
  time_per_output_token_seconds: histogram('Mean time between the tokens of a job', seconds.short),
  inter_token_latency_seconds: histogram('Between two steps that advanced a sequence', seconds.short),
  batch_size: histogram('Sequences that a step advanced', [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 128]),
} satisfies Record<string, Metric>

type Catalog = typeof fleetCatalog
export type FleetHistogram = keyof { [N in keyof Catalog as N extends `${string}_total` ? never : N]: true }

const prefix = 'workflowai:'

/** A worker's counts that Redis does not have yet. */
export class FleetCounts {
  #counts = new Map<string, number>()

  add(name: keyof Catalog, count: number, labelValue?: string): void {
    if (count === 0) return
    const { label }: Metric = fleetCatalog[name]
    this.#count(label === undefined ? name : `${name}{${label}="${labelValue}"}`, count)
  }

  observe(name: FleetHistogram, value: number): void {
    for (const bound of fleetCatalog[name].buckets ?? []) {
      if (value <= bound) this.#count(`${name}_bucket{le="${bound}"}`, 1)
    }
    this.#count(`${name}_bucket{le="+Inf"}`, 1)
    this.#count(`${name}_sum`, value)
    this.#count(`${name}_count`, 1)
  }

  /** Adds what was counted to Redis; what could not be added goes with the next call. @throws the first error */
  async flush(redis: RedisClient, keys: Keys): Promise<void> {
    const counts = [...this.#counts]
    this.#counts = new Map()
    if (counts.length === 0) return
    const batch = redis.multi()
    for (const [field, count] of counts) batch.hincrbyfloat(keys.metrics, field, count)
    const answers = await batch.exec().catch((thrown: Error) => counts.map((): [Error, unknown] => [thrown, null]))
    const errors = (answers ?? []).map(([error]) => error)
    for (const [index, [field, count]] of counts.entries()) if (errors[index]) this.#count(field, count)
    const first = errors.find((error) => error !== null)
    if (first) throw first
  }

  #count(field: string, count: number): void {
    this.#counts.set(field, (this.#counts.get(field) ?? 0) + count)
  }
}

/** In Prometheus's text format. What is no metric of the catalog is left out: anyone with access to Redis can write there. */
export async function fleetMetricsText(redis: RedisClient, keys: Keys): Promise<string> {
  const fields = await redis.hgetall(keys.metrics)
  const lines: string[] = []
  for (const [name, metric] of Object.entries<Metric>(fleetCatalog)) {
    lines.push(`# HELP ${prefix}${name} ${metric.help}`)
    lines.push(`# TYPE ${prefix}${name} ${metric.buckets ? 'histogram' : 'counter'}`)
    for (const sample of samplesOf(name, metric, fields)) {
      const value = Number(fields[sample] ?? 0)
      if (Number.isFinite(value)) lines.push(`${prefix}${sample} ${value}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function samplesOf(name: string, { buckets, label }: Metric, fields: Record<string, string>): string[] {
  if (buckets) {
    const bounds = [...buckets.map(String), '+Inf']
    return [...bounds.map((bound) => `${name}_bucket{le="${bound}"}`), `${name}_sum`, `${name}_count`]
  }
  if (label === undefined) return [name]
  const form = new RegExp(`^${name}\\{${label}="[a-z_]{1,40}"\\}$`)
  return Object.keys(fields)
    .filter((field) => form.test(field))
    .sort()
}
