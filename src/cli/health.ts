// The health check of a container, for both roles of the image: exit code 0 when an API answers here, or when a worker
// of this host sends heartbeats and its engine can take jobs.

import { hostname } from 'node:os'
import { runMain } from '../process-main.ts'
import { readSettings, type Settings } from '../settings.ts'
import { keysOf } from '../stream/keys.ts'
import { connectOnce } from '../stream/redis.ts'
import { WorkerRegistry } from '../stream/worker-registry.ts'
import { localUrl } from './readiness.ts'

async function apiAnswers({ host, ports }: Settings): Promise<boolean> {
  try {
    return (await fetch(`${localUrl(host, ports[0]!)}/health`, { signal: AbortSignal.timeout(4000) })).ok
  } catch {
    // Nothing listens: this is no API, or a broken one.
    return false
  }
}

async function workerIsReady({ redisUrl }: Settings): Promise<boolean> {
  if (redisUrl === null) return false
  const redis = connectOnce(redisUrl, () => {})
  try {
    await redis.connect()
    const workers = await new WorkerRegistry(redis, keysOf()).live()
    return workers.some((worker) => worker.host === hostname() && worker.ready)
  } catch {
    return false
  } finally {
    redis.disconnect()
  }
}

await runMain(async () => {
  const settings = readSettings(process.env)
  const healthy = (await apiAnswers(settings)) || (await workerIsReady(settings))
  process.exitCode = healthy ? 0 : 1
})
