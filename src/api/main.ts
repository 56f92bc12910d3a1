// The main file of an API process. It knows the model's tokenizer and limits; the weights are the workers' business.

import { Embeddings } from '../embedding/embeddings.ts'
import { exitGracefully } from '../graceful-exit.ts'
import { createLogger } from '../logger.ts'
import { runMain } from '../process-main.ts'
import { keyFilesOf, readKeys, readSettings, requireRedisUrl } from '../settings.ts'
import { resolveModel, tokenizerFilesOf } from '../tokenizer/model-files.ts'
import { readModelLimits } from '../tokenizer/model-limits.ts'
import { openTracing } from '../tracing.ts'
import { programVersion } from '../version.ts'
import { startApi } from './api-server.ts'
import { watchKeys } from './auth/watch-keys.ts'

await runMain(async () => {
  const settings = readSettings(process.env)
  const redisUrl = requireRedisUrl(settings)
  const logger = createLogger('api', settings.logLevel)
  const files = await resolveModel(settings.model ?? undefined, settings.dataDir)
  const limits = readModelLimits(files)
  const embeddings = await Embeddings.open(settings, (message) => logger.error(message))
  const version = programVersion()
  const tracing = await openTracing('api', version, settings.otlpEndpoint)
  const api = await startApi({
    settings,
    tracing,
    redisUrl,
    model: {
      name: files.name,
      precision: files.weights.kind === 'onnx' ? 'exported' : settings.modelPrecision,
      maxContext: Math.min(settings.engineMaxContext, limits.contextLength),
    },
    tokenizerFiles: tokenizerFilesOf(files),
    version,
    embeddings,
    logger,
  })
  logger.info({ host: settings.host, ports: api.ports }, 'listening')
  const read = () => readKeys(process.env)
  const unwatch = watchKeys({ files: keyFilesOf(process.env), read, ring: api.keys, logger })
  exitGracefully(async () => {
    unwatch()
    await api.stop()
    await embeddings?.close()
    await tracing.close()
  }, logger)
})
