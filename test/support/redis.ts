// A real Redis for tests, isolated: its own port, its own empty folder, gone afterwards. A spawned redis-server where the
// machine has one, else a container. Faults are real too: kill is SIGKILL, pause stops the process without closing sockets.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers'
import { freePort } from '../../src/cli/free-port.ts'
import { findRedisBinary, type RedisBinary } from '../../src/cli/redis-binary.ts'
import { redisKeeper } from '../../src/cli/redis-process.ts'

export interface TestRedisOptions {
  /** Keep what was written over kill and restart, each write on disk before its reply. Default: false, all in memory. */
  durable?: boolean
  /** Further settings: `{ maxmemory: '8mb' }`. */
  config?: Record<string, string>
}

export interface TestRedis {
  readonly url: string
  readonly host: string
  readonly port: number
  /** What runs: `redis-server 7.0.15` or `container redis:7-alpine`. */
  readonly how: string
  /** SIGKILL: sockets break, nothing is flushed. */
  kill(): Promise<void>
  /** SIGTERM: a clean shutdown. */
  shutdown(): Promise<void>
  /** Starts it again on the same port and, when durable, with its data. Kills it first if it runs. */
  restart(): Promise<void>
  /** Stops answering while connections stay open: what a frozen or swapped-out machine looks like. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** The end: nothing of it is left. */
  stop(): Promise<void>
}

export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const { binary } = await findRedisBinary(process.env.PATH ?? '')
  return binary === null ? startContainer(options) : startProcess(binary, options)
}

function settings(options: TestRedisOptions): string[] {
  const all = {
    save: '',
    appendonly: options.durable ? 'yes' : 'no',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    // The machine that runs tests may be short of memory for a moment; a fork that fails must not fail a test.
    'stop-writes-on-bgsave-error': 'no',
    ...options.config,
  }
  return Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])
}

async function startProcess(binary: RedisBinary, options: TestRedisOptions): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'test-redis-'))
  const port = await freePort()
  const file = join(folder, 'redis-server')
  await symlink(binary.file, file)
  let server = await launch()

  async function launch(): Promise<{ child: ChildProcess; pid: number }> {
    const command = [file, '--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...settings(options)]
    // The keeper ends the server also when this test process is killed.
    const started = spawn('sh', ['-c', redisKeeper, 'redis', ...command], { stdio: ['pipe', 'pipe', 'ignore'] })
    started.stdin.on('error', () => {}) // The server may end before us.
    let output = ''
    started.stdout.on('data', (chunk) => {
      output = (output + chunk).slice(-4000)
    })
    const pid = await Promise.race([
      untilReady('127.0.0.1', port, options),
      once(started, 'exit').then(() => {
        throw new Error(`redis-server ended at once:\n${output}`)
      }),
    ])
    return { child: started, pid }
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const { child, pid } = server
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    process.kill(pid, signal)
    // A paused process acts on SIGTERM only after it continues.
    if (signal !== 'SIGKILL') process.kill(pid, 'SIGCONT')
    await ended
    child.stdin?.destroy()
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    how: `redis-server ${binary.version}`,
    kill: () => end('SIGKILL'),
    shutdown: () => end('SIGTERM'),
    async restart() {
      await end('SIGKILL')
      server = await launch()
    },
    async pause() {
      process.kill(server.pid, 'SIGSTOP')
    },
    async resume() {
      process.kill(server.pid, 'SIGCONT')
    },
    async stop() {
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const image = 'redis:7-alpine'

async function startContainer(options: TestRedisOptions): Promise<TestRedis> {
  // A fixed port: Docker gives a restarted container another one.
  const port = await freePort()
  const started = await new GenericContainer(image)
    .withExposedPorts({ container: 6379, host: port })
    .withCommand(['redis-server', '--protected-mode', 'no', ...settings(options)])
    .start()
  const client = await getContainerRuntimeClient()
  const container = client.container.getById(started.getId())
  const host = started.getHost()
  await untilReady(host, port, options)
  return {
    url: `redis://${host}:${port}`,
    host,
    port,
    how: `container ${image}`,
    kill: () => container.kill(),
    shutdown: () => container.stop(),
    async restart() {
      if ((await container.inspect()).State.Running) await container.kill()
      await container.start()
      await untilReady(host, port, options)
    },
    pause: () => container.pause(),
    resume: () => container.unpause(),
    async stop() {
      if ((await container.inspect()).State.Paused) await container.unpause()
      await started.stop({ timeout: 0 })
    },
  }
}

/** Resolves to the server's process id when it answers; a Redis that is still loading its data refuses it. Gives up after 20 seconds. */
export async function untilReady(host: string, port: number, { config }: TestRedisOptions = {}): Promise<number> {
  const password = config?.requirepass ?? ''
  const client = new Redis({
    host,
    port,
    password,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  })
  client.on('error', () => {}) // Refused connections are what is waited out here.
  const giveUpAt = Date.now() + 20_000
  for (;;) {
    try {
      await client.connect()
      await client.ping() // Refused while it loads its data.
      const facts = await client.info('server')
      client.disconnect()
      return Number(/process_id:(\d+)/.exec(facts)?.[1])
    } catch (cause) {
      client.disconnect()
      if (Date.now() > giveUpAt) throw new Error(`no Redis answers on ${host}:${port}`, { cause })
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
}
