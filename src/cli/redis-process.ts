// A Redis that this program started: a server program or a container, with its data in a folder. It listens on
// loopback with a password, and it ends with the process that started it, even when that one is killed.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { connectOnce } from '../stream/redis.ts'
import { freePort } from './free-port.ts'
import { redisAnswers } from './redis-probe.ts'
import { lastLine } from './run-command.ts'

/** How to run a server whose configuration lies in `folder`. */
export interface RedisLauncher {
  /** For people: `redis-server 7.0.15`. */
  name: string
  command(folder: string, port: number): string[]
  /** Lines of redis.conf that depend on where the server runs. */
  config(folder: string, port: number): string[]
}

export interface RedisProcess {
  url: string
  name: string
  /** Called with the server's last words when it ends without being asked to. */
  onEnd(listener: (lastWords: string) => void): void
  /** Starts it again after it ended: same address, same password, same data. */
  restart(): Promise<void>
  stop(): Promise<void>
  /** Without waiting: for a forced exit. */
  kill(): void
}

/**
 * Ends the server when our end of its stdin closes, which the kernel does when we die. The server runs in its own
 * session, so that a Ctrl-C in the terminal reaches us first and the workers can still hand back their jobs.
 */
export const redisKeeper = `exec 3<&0
"$@" </dev/null 3<&- & server=$!
(read -r _ <&3; kill -TERM $server 2>/dev/null) &
exec 3<&-
wait $server`

const startLimitMs = 60_000
const stopLimitMs = 10_000

/** Throws `unavailable` with the server's own last words when it does not start. */
export async function startRedis(launcher: RedisLauncher, dataDir: string): Promise<RedisProcess> {
  const folder = join(dataDir, 'redis')
  const port = await freePort()
  const password = randomBytes(24).toString('base64url')
  const url = `redis://:${password}@127.0.0.1:${port}`
  await mkdir(folder, { recursive: true })
  await stopLeftover(folder)
  await writeFile(join(folder, 'redis.conf'), configuration(launcher.config(folder, port), password), { mode: 0o600 })
  await writeFile(urlFile(folder), url, { mode: 0o600 })

  const listeners: ((lastWords: string) => void)[] = []
  let stopping = false
  let server = launch()

  function launch(): Launched {
    const launched = spawnKept(launcher.command(folder, port))
    launched.ended.then((lastWords) => {
      if (!stopping) for (const listener of listeners) listener(lastWords)
    })
    return launched
  }
  const redis: RedisProcess = {
    url,
    name: launcher.name,
    onEnd: (listener) => void listeners.push(listener),
    async restart() {
      server = launch()
      await untilReady(server, url, launcher.name)
    },
    async stop() {
      stopping = true
      await stop(server)
      await rm(urlFile(folder), { force: true })
    },
    kill() {
      stopping = true
      killGroup(server.child)
    },
  }
  await untilReady(server, url, launcher.name)
  return redis
}

function configuration(lines: string[], password: string): string {
  return [
    ...lines,
    `requirepass ${password}`,
    'appendonly yes',
    'appendfsync always',
    'maxmemory-policy noeviction',
    // Snapshots would add nothing to the append-only file but forks.
    'save ""',
    '',
  ].join('\n')
}

interface Launched {
  child: ChildProcess
  /** The server's last words, when it has ended. */
  ended: Promise<string>
}

function spawnKept(command: string[]): Launched {
  const child = spawn('sh', ['-c', redisKeeper, 'redis', ...command], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output = (output + chunk).slice(-4000)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  child.stdin.on('error', () => {}) // It ended before we closed its stdin.
  const ended = once(child, 'exit').then(() => {
    child.stdin.destroy()
    return lastLine(output)
  })
  return { child, ended }
}

async function untilReady(server: Launched, url: string, name: string): Promise<void> {
  let lastWords: string | null = null
  server.ended.then((words) => {
    lastWords = words
  })
  const giveUpAt = Date.now() + startLimitMs
  while (!(await redisAnswers(url))) {
    if (lastWords !== null) throw new AppError('unavailable', `${name} ended at once: ${lastWords}`)
    if (Date.now() > giveUpAt) {
      await stop(server)
      throw new AppError('unavailable', `${name} did not answer within ${startLimitMs / 1000} seconds`)
    }
    await sleep(30)
  }
}

async function stop({ child, ended }: Launched): Promise<void> {
  child.stdin?.destroy()
  const inTime = await Promise.race([ended.then(() => true), sleep(stopLimitMs, false, { ref: false })])
  if (inTime) return
  killGroup(child)
  await ended
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

const urlFile = (folder: string): string => join(folder, 'url')

/** A server of an earlier run whose starter was killed may still be writing its last bytes. It knows our password. */
async function stopLeftover(folder: string): Promise<void> {
  const url = await readFile(urlFile(folder), 'utf8').catch(() => null)
  if (url === null || !(await redisAnswers(url))) return
  const client = connectOnce(url, () => {})
  await client.connect()
  // The connection breaks instead of an answer.
  await client.shutdown('NOSAVE').catch(() => {})
  client.disconnect()
  const giveUpAt = Date.now() + stopLimitMs
  while (await redisAnswers(url)) {
    if (Date.now() > giveUpAt) {
      throw new AppError('unavailable', `a Redis of an earlier run still uses ${folder} and does not stop`)
    }
    await sleep(50)
  }
  // It answers no more a moment before its process is gone and its files are closed.
  await sleep(200)
}
