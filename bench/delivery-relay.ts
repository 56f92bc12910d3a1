// From a token's writing to the client's socket, over one API process, beside the barest relay of the same tokens; and the
// memory of an API with ten thousand idle readers.

import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../src/cli/free-port.ts'
import { median, quantile } from '../src/cli/load/statistics.ts'
import { openStack } from '../test/stream/stack.ts'
import { residentMiB } from '../test/support/processes.ts'
import { startTestRedis } from '../test/support/redis.ts'
import { type Report, ratio } from './report.ts'

const load = { streams: 500, stepsPerSecond: 20, seconds: 4 }
const runs = 5
const idle = { readers: 10_000, jobs: 20 }

interface Way {
  name: string
  /** `log` is the product's way: append and publish in one script. */
  publishes: 'log' | 'channel'
  port: number
  path: string
  ages: Ages[]
}

interface Ages {
  p50: number
  p99: number
}

export async function benchRelay(report: Report): Promise<void> {
  // Durable, as `npm start` and compose run it.
  const redis = await startTestRedis({ durable: true })
  const port = await freePort()
  const env = { ...process.env, REDIS_URL: redis.url, PORT: String(port), LOG_LEVEL: 'warn', MAX_CONNECTIONS: '20000' }
  // Compiled, as the image and the package run it: what compiles the source at run time would count as the API's memory.
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  const api = start('../dist/api/main.js', [], env)
  const bare = start('./delivery-bare-relay.ts', [redis.url])
  try {
    const [barePort] = (await once(bare, 'message')) as [number]
    await untilListening(port)
    await idleReaders(report, redis.url, port, api.pid ?? 0)
    const ways: Way[] = [
      { name: 'the product: logged, checked, resumable', publishes: 'log', port, path: '/jobs/ID/stream', ages: [] },
      {
        name: 'bare node:http and ioredis, the same publisher',
        publishes: 'log',
        port: barePort,
        path: '/ID',
        ages: [],
      },
      {
        name: 'bare node:http and ioredis, a publisher without a log',
        publishes: 'channel',
        port: barePort,
        path: '/ID',
        ages: [],
      },
    ]
    for (let run = 0; run <= runs; run++) {
      for (const way of ways) {
        const ages = await relay(redis.url, way)
        // The first is for the compilers.
        if (run > 0) way.ages.push(ages)
      }
    }
    tell(report, ways)
  } finally {
    bare.kill()
    api.kill()
    await once(api, 'exit')
    await redis.stop()
  }
}

async function relay(redisUrl: string, { publishes, port, path }: Way): Promise<Ages> {
  const { streams, stepsPerSecond, seconds } = load
  const publisher = start('./delivery-publisher.ts', [redisUrl, publishes, String(streams), String(stepsPerSecond)])
  const client = start('./delivery-client.ts', [])
  const [ids] = (await once(publisher, 'message')) as [string[]]
  client.send({ port, ids, path })
  await once(client, 'message')
  const published = once(publisher, 'exit')
  publisher.send(seconds)
  await published
  await sleep(200)
  const told = once(client, 'message')
  client.send('stop')
  const [ages] = (await told) as [number[]]
  client.kill()
  const expected = streams * stepsPerSecond * seconds
  if (ages.length !== expected) throw new Error(`${ages.length} of ${expected} tokens arrived at port ${port}`)
  return { p50: median(ages), p99: quantile(ages, 0.99) }
}

function tell(report: Report, ways: Way[]): void {
  const [ours, ...bare] = ways
  const caption =
    `One process relaying ${load.streams} streams of ${load.stepsPerSecond} tokens a second, all tokens of a step at once: ` +
    `from the writing of a token to the client's socket, ms; median of ${runs} alternating runs.`
  const rows = ways.map(({ name, ages }) => [
    name,
    ...(['p50', 'p99'] as const).map((key) => median(ages.map((age) => age[key])).toFixed(1)),
  ])
  report.table(caption, ['', 'p50', 'p99'], rows)
  for (const { name, ages } of bare) {
    const ratios = ours!.ages.map(({ p99 }, run) => p99 / ages[run]!.p99)
    report.note(`p99 to ${name}, run by run: ${ratios.map((one) => ratio(one, 1)).join(', ')}`)
    report.claim({ what: `relay, p99: to ${name}`, value: median(ratios), unit: 'x', limit: { atMost: 2 } })
  }
}

async function idleReaders(report: Report, redisUrl: string, port: number, pid: number): Promise<void> {
  const stack = await openStack(redisUrl)
  const ids = await Promise.all(Array.from({ length: idle.jobs }, () => stack.job({ deadlineMs: 600_000 })))
  const before = residentMiB(pid)
  const sockets = []
  for (let reader = 0; reader < idle.readers; reader++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET /jobs/${ids[reader % idle.jobs]}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    sockets.push(once(socket, 'data').then(() => socket))
    if (reader % 200 === 199) await Promise.all(sockets.slice(-200))
  }
  const open = await Promise.all(sockets)
  await sleep(3000)
  const after = residentMiB(pid)
  for (const socket of open) socket.destroy()
  await stack.close()
  report.note(
    `${idle.readers.toLocaleString('en')} idle readers of ${idle.jobs} jobs: ${after} MiB resident, ${before} MiB before them; ` +
      'the compiled API, which had read no log and compiled no schema.',
  )
  report.claim({ what: 'MiB of an API with 10,000 idle readers', value: after, unit: '', limit: { atMost: 400 } })
}

function start(entry: string, args: string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const execArgv = entry.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : []
  const file = fileURLToPath(new URL(entry, import.meta.url))
  return fork(file, args, { env, execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

async function untilListening(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/health`
  const answers = () =>
    fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false)
  for (const giveUpAt = Date.now() + 30_000; !(await answers()); await sleep(100)) {
    if (Date.now() > giveUpAt) throw new Error(`no API answers at ${url}`)
  }
}
