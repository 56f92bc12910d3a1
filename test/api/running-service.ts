// A whole service in this process over a real Redis: API, worker, engine. Only the model is scripted, where a test
// does not ask for another engine.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { type ApiServer, startApi } from '../../src/api/api-server.ts'
import type { Embeddings } from '../../src/embedding/embeddings.ts'
import { LocalEngine } from '../../src/inference/local-engine.ts'
import { ScriptedRunner } from '../../src/inference/scripted-runner.ts'
import { readSettings } from '../../src/settings.ts'
import { ChatTemplate } from '../../src/tokenizer/chat-template.ts'
import { PromptEncoder } from '../../src/tokenizer/prompt-encoder.ts'
import type { TokenizerFiles } from '../../src/tokenizer/tokenizer.ts'
import type { Tracing } from '../../src/tracing.ts'
import type { CrashingEngine } from '../../src/worker/engine-sequences.ts'
import { type InferenceWorker, startWorker } from '../../src/worker/inference-worker.ts'
import { startTestRedis, type TestRedis, type TestRedisOptions } from '../support/redis.ts'
import { embeddedFiles, embeddedTokenizer } from '../tokenizer/embedded-tokenizer.ts'

export const logger = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' })

export interface ServiceOptions {
  workers?: number
  slots?: number
  maxContext?: number
  /** Decode steps a second; null: as fast as possible. */
  stepsPerSecond?: number | null
  /** An answer ends by itself after about so many tokens, at any; null, as by default: not before max_tokens. */
  eosEvery?: number | null
  env?: NodeJS.ProcessEnv
  /** Instead of the silent one. */
  logger?: Logger
  redis?: TestRedisOptions
  /** Instead of a Redis of its own: where the test's is. */
  redisUrl?: string
  /** Instead of the embedded model's. */
  chatTemplate?: string
  tracing?: Tracing
  /** For the API and the workers. The service closes it. */
  embeddings?: Embeddings
}

export interface RunningService {
  redis: TestRedis
  api: ApiServer
  workers: InferenceWorker[]
  url: string
  startWorker(): Promise<InferenceWorker>
  startApi(): Promise<ApiServer>
  stop(): Promise<void>
}

/** An engine that never crashes, because it is no process. */
export function scriptedEngine({
  slots = 4,
  maxContext = 512,
  stepsPerSecond = null,
  eosEvery = null,
  chatTemplate,
}: ServiceOptions): CrashingEngine {
  const runner = new ScriptedRunner({
    ...{ slots, maxContext, vocabSize: 49_152, stepsPerSecond },
    avoid: embeddedTokenizer.specialIds,
    eos: eosEvery === null ? null : { id: 2, every: eosEvery },
  })
  const info = { model: 'scripted', precision: 'float32' as const, slots, threads: 1, maxContext }
  const engine = new LocalEngine({
    runner,
    encoder: new PromptEncoder(embeddedTokenizer, new ChatTemplate(embeddedTokenizer, chatTemplate)),
    info,
  })
  return Object.assign(engine, { onCrash: () => {}, ready: true, startMs: 0 })
}

/** The embedded model's files with another chat template. */
function filesWith(template: string): TokenizerFiles {
  const tokenizerConfig = join(mkdtempSync(join(tmpdir(), 'chat-template-')), 'tokenizer_config.json')
  const config = JSON.parse(readFileSync(embeddedFiles.tokenizerConfig, 'utf8'))
  writeFileSync(tokenizerConfig, JSON.stringify({ ...config, chat_template: template }))
  return { ...embeddedFiles, tokenizerConfig }
}

export async function startService(options: ServiceOptions = {}): Promise<RunningService> {
  const ownRedis = options.redisUrl === undefined ? await startTestRedis(options.redis) : null
  const redisUrl = options.redisUrl ?? ownRedis!.url
  const maxContext = options.maxContext ?? 512
  const settings = readSettings({ PORT: '8002', DISCONNECT_GRACE_MS: '1000', ...options.env })
  const startOneApi = () =>
    startApi({
      settings: { ...settings, ports: [0] },
      ...(options.tracing && { tracing: options.tracing }),
      embeddings: options.embeddings ?? null,
      redisUrl,
      model: { name: 'scripted', precision: 'float32', maxContext },
      tokenizerFiles: options.chatTemplate === undefined ? embeddedFiles : filesWith(options.chatTemplate),
      version: '0.0.0',
      logger: options.logger ?? logger,
    })
  const startOneWorker = () =>
    startWorker({
      redisUrl,
      engine: scriptedEngine(options),
      disconnectGraceMs: settings.disconnectGraceMs,
      ...(options.tracing && { tracing: options.tracing }),
      embeddings: options.embeddings ?? null,
      logger,
    })
  const workers: InferenceWorker[] = []
  for (let i = 0; i < (options.workers ?? 1); i++) workers.push(await startOneWorker())
  const apis: ApiServer[] = [await startOneApi()]
  const api = apis[0]!
  return {
    ...{ api, workers },
    get redis() {
      if (ownRedis === null) throw new Error('the test has a Redis of its own')
      return ownRedis
    },
    url: `http://127.0.0.1:${api.ports[0]}`,
    startWorker: async () => {
      const worker = await startOneWorker()
      workers.push(worker)
      return worker
    },
    startApi: async () => {
      const another = await startOneApi()
      apis.push(another)
      return another
    },
    stop: async () => {
      await Promise.all([...apis.map((one) => one.stop()), ...workers.map((one) => one.stop())])
      await options.embeddings?.close()
      await ownRedis?.stop()
    },
  }
}
