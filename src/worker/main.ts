// The main file of a worker process.

import { Embeddings } from '../embedding/embeddings.ts'
import { exitGracefully } from '../graceful-exit.ts'
import { ProcessEngine } from '../inference/process-engine.ts'
import { createLogger } from '../logger.ts'
import { runMain } from '../process-main.ts'
import { readSettings, requireRedisUrl } from '../settings.ts'
import { openTracing } from '../tracing.ts'
import { programVersion } from '../version.ts'
import { startWorker } from './inference-worker.ts'
import { ProgressDisplay } from './progress-display.ts'

await runMain(async () => {
  const settings = readSettings(process.env)
  const redisUrl = requireRedisUrl(settings)
  const logger = createLogger('worker', settings.logLevel)
  const embeddings = await Embeddings.open(settings, (message) => logger.error(message))
  const progress = new ProgressDisplay(process.stderr)
  const engine = await ProcessEngine.start({
    settings: {
      model: settings.model ?? '',
      precision: settings.modelPrecision,
      slots: settings.engineSlots,
      threads: settings.engineThreads,
      maxContext: settings.engineMaxContext,
      ...(settings.engineKvTokens > 0 && { kvTokens: settings.engineKvTokens }),
      drafting: settings.engineDrafting,
      dataDir: settings.dataDir,
    },
    onProgress: (step) => progress.show(step),
  }).finally(() => progress.end())
  engine.onCrash(({ message, lost, restartInMs }) => {
    logger.error({ jobs: lost, restart_in_ms: restartInMs }, `the engine ended: ${message}`)
  })
  const tracing = await openTracing('worker', programVersion(), settings.otlpEndpoint)
  const worker = await startWorker({
    tracing,
    redisUrl,
    engine,
    disconnectGraceMs: settings.disconnectGraceMs,
    embeddings,
    logger,
  }).catch(async (error) => {
    await engine.close()
    throw error
  })
  const { model, precision, slots, threads, maxContext } = engine.info
  if (settings.engineMaxContext > maxContext) {
    const asked = settings.engineMaxContext
    logger.warn(`ENGINE_MAX_CONTEXT is ${asked}, more than ${model} can read: sequences hold ${maxContext} tokens`)
  }
  logger.info({ worker: worker.id, model, precision, slots, threads, max_context: maxContext }, 'ready')
  exitGracefully(async () => {
    await worker.stop()
    await embeddings?.close()
    await tracing.close()
  }, logger)
})
