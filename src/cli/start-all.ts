// Everything in one terminal, as `npm start` runs it. Finds or starts Redis, then runs the API and the workers as child processes,
// and stops all of them on Ctrl-C. Nothing that it started outlives it.

import { makeDataFolder } from '../data-folder.ts'
import { AppError } from '../errors.ts'
import { ruleSetWith } from '../logs/user-rules.ts'
import { misspelledSettings, readSettings, type Settings } from '../settings.ts'
import { resolveEncoder, resolveModel } from '../tokenizer/model-files.ts'
import { lockData } from './data-lock.ts'
import { portProblem } from './free-port.ts'
import { localUrl, untilReady } from './readiness.ts'
import { type FoundRedis, findRedis } from './redis-finder.ts'
import { keepRedis } from './redis-keeper.ts'
import { Shutdown } from './shutdown.ts'
import { type ProcessSpec, SupervisedProcess } from './supervised-process.ts'
import { terminalLine } from './terminal-lines.ts'

/** The API finishes or hands over its open streams, a worker hands back its jobs. */
const stopDeadlineMs = 10_000

const say = (line: string): void => void process.stdout.write(`${terminalLine('start', line, false)}\n`)

/** Where the processes' main files are: `api/main` and `worker/main` below `base`, with the extension that runs here. */
export interface Entries {
  base: URL
  extension: 'ts' | 'js'
}

/** Returns when the service is ready. Throws what keeps it from starting; then nothing that was started is left. */
export async function startAll(env: NodeJS.ProcessEnv, entries: Entries): Promise<void> {
  const startedAt = performance.now()
  const shutdown = new Shutdown(say, (code) => process.exit(code))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => shutdown.onSignal(signal))
  onNpmExit(env, () => void shutdown.run('stopping (npm is gone)', 0))
  try {
    const settings = readSettings(env)
    for (const line of misspelledSettings(env)) say(`warning: ${line}`)
    const redis = await prepare(settings, env, shutdown)
    if (shutdown.started) return
    const childEnv = {
      ...env,
      ...{ REDIS_URL: redis.url, DATA_DIR: settings.dataDir },
      ENGINE_THREADS: env.ENGINE_THREADS || String(threadsPerWorker(settings)),
    }
    startProcesses(settings.workers, (folder) => entryOf(entries, folder), childEnv, shutdown)
    await announce(settings, redis, shutdown, startedAt)
  } catch (thrown) {
    // What was half-started when the signal came fails in its own way.
    if (shutdown.started) return
    shutdown.killAll()
    throw thrown
  }
}

/** A killed npm can't pass anything on. Without npm the parent is a shell, and that one may go: `nohup ... &`. */
function onNpmExit(env: NodeJS.ProcessEnv, stop: () => void): void {
  if (env.npm_lifecycle_event === undefined) return
  const npm = process.ppid
  setInterval(() => process.ppid !== npm && stop(), 500).unref()
}

/** Everything that can be wrong is found before the first process starts. */
async function prepare(settings: Settings, env: NodeJS.ProcessEnv, shutdown: Shutdown): Promise<FoundRedis> {
  makeDataFolder(settings.dataDir)
  if (settings.redisUrl === null) {
    const lock = await lockData(settings.dataDir)
    process.once('exit', lock.releaseNow)
  }
  await checkPorts(settings)
  ruleSetWith(settings.rulesDir)
  await resolveModel(settings.model, settings.dataDir)
  if (settings.embeddingModel !== null) await resolveEncoder(settings.embeddingModel, settings.dataDir)
  const redis = await findRedis({ settings, env, say })
  if (redis.process !== null) {
    shutdown.add({ name: 'redis', stop: redis.process.stop, kill: redis.process.kill })
    keepRedis(redis.process, say, (reason) => void shutdown.run(`error: ${reason}`, 1))
  }
  say(`using ${redis.description}`)
  return redis
}

/** More threads than cores make every step slower. */
function threadsPerWorker({ engineThreads, workers }: Settings): number {
  return Math.max(1, Math.floor(engineThreads / workers))
}

async function checkPorts({ ports, host }: Settings): Promise<void> {
  for (const port of ports) {
    const problem = await portProblem(port, host)
    if (problem === null) continue
    if (problem.code === 'EADDRINUSE') {
      throw new AppError(
        'bad_setting',
        `port ${port} on ${host} is in use by another program; stop it, or set PORT, for example PORT=9002,9004`,
        { field: 'PORT', cause: problem },
      )
    }
    throw new AppError('bad_setting', `HOST ${host} with PORT ${port} can't be listened on: ${problem.message}`, {
      cause: problem,
    })
  }
}

/** Workers first in the list, so that the API stops before them: its streams end while their tokens still come. */
function startProcesses(
  workerCount: number,
  entry: (folder: 'api' | 'worker') => URL,
  env: NodeJS.ProcessEnv,
  shutdown: Shutdown,
): void {
  const workers = Array.from({ length: workerCount }, (_, index) =>
    supervise({ name: `worker ${index + 1}`, entry: entry('worker'), env }, shutdown),
  )
  const api = supervise({ name: 'api', entry: entry('api'), env }, shutdown)
  shutdown.add({
    name: 'workers',
    stop: async () => void (await Promise.all(workers.map((worker) => worker.stop(stopDeadlineMs)))),
    kill: () => workers.forEach((worker) => void worker.kill()),
  })
  shutdown.add({ name: 'api', stop: () => api.stop(stopDeadlineMs), kill: () => api.kill() })
  for (const child of [...workers, api]) child.start()
}

const entryOf = ({ base, extension }: Entries, folder: string): URL => new URL(`${folder}/main.${extension}`, base)

function supervise(spec: ProcessSpec, shutdown: Shutdown): SupervisedProcess {
  const colors = process.stdout.isTTY === true
  return new SupervisedProcess(spec, {
    onLine: (line) => void process.stdout.write(`${terminalLine(spec.name, line, colors)}\n`),
    onRestart: (reason, delayMs) => say(`${spec.name} ended (${reason}); starting it again in ${delayMs} ms`),
    onGiveUp: (reason) => void shutdown.run(`error: ${spec.name} is given up: ${reason}`, 1),
  })
}

async function announce(settings: Settings, redis: FoundRedis, shutdown: Shutdown, startedAt: number): Promise<void> {
  const waiting = new AbortController()
  shutdown.add({ name: 'waiting', stop: async () => waiting.abort(), kill: () => waiting.abort() })
  const urls = settings.ports.map((port) => localUrl(settings.host, port))
  await untilReady(urls[0]!, say, waiting.signal)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const workers = settings.workers === 1 ? '1 worker' : `${settings.workers} workers`
  process.stdout.write(`ready  ${urls.join('  ')}  (${workers}, ${redis.description}, ${seconds} s)\n`)
  process.stdout.write(
    `try    curl --no-buffer ${urls.at(-1)}/generate/stream -d '{"messages":[{"role":"user","content":"What is a queue?"}]}'\n`,
  )
}
