// `npm start` as a process: what it prints, what it leaves behind. The API and the worker are small stand-ins; Redis is real.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../src/cli/free-port.ts'
import { startTestRedis } from '../support/redis.ts'

const main = fileURLToPath(new URL('fixtures/start.ts', import.meta.url))

interface Run {
  child: ChildProcess
  output: () => string
  /** Resolves to the match when the output has it. */
  says: (pattern: RegExp) => Promise<RegExpExecArray>
  exitCode: Promise<number | null>
}

let folder: string
let ports: number[]
const runs: Run[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'))
  ports = [await freePort(), await freePort()]
})
afterEach(async () => {
  for (const { child, exitCode } of runs.splice(0)) {
    child.kill('SIGKILL')
    await exitCode
  }
  await eventually(async () => expect(await leftOver()).toEqual([]))
  await rm(folder, { recursive: true, force: true })
})

function start(env: NodeJS.ProcessEnv = {}, entries = './'): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', main, entries], {
    env: { PATH: process.env.PATH, DATA_DIR: folder, PORT: ports.join(','), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exitCode = once(child, 'close').then(([code]) => code as number | null)
  const run: Run = {
    child,
    output: () => output,
    exitCode,
    async says(pattern) {
      for (const giveUpAt = Date.now() + 20_000; Date.now() < giveUpAt; await sleep(20)) {
        const match = pattern.exec(output)
        if (match) return match
        if (child.exitCode !== null) break
      }
      throw new Error(`it never said ${pattern}, but:\n${output}`)
    },
  }
  runs.push(run)
  return run
}

/** Processes that have our data folder on their command line or in their environment: all that `start` started. */
async function leftOver(): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const texts = await Promise.all(
    processes.map(async (pid) => {
      const [command, env, status] = await Promise.all(
        ['cmdline', 'environ', 'status'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      )
      // A zombie has ended; whoever adopted it has not looked yet.
      const ended = /^State:\s+[ZX]/m.test(status ?? '')
      return !ended && `${command}${env}`.includes(folder) ? `${pid} ${command?.replaceAll('\0', ' ')}` : ''
    }),
  )
  return texts.filter((text) => text !== '')
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (const giveUpAt = Date.now() + 30_000; ; await sleep(50)) {
    try {
      return await check()
    } catch (thrown) {
      if (Date.now() > giveUpAt) throw thrown
    }
  }
}

const ask = async (path: string): Promise<{ pid: number; redisUrl: string }> =>
  (await fetch(`http://127.0.0.1:${ports[0]}${path}`)).json() as Promise<{ pid: number; redisUrl: string }>

test('one ready line has every URL, and a line to try follows', async () => {
  const run = start({ WORKERS: '2' })
  await run.says(/^try +curl --no-buffer http:.*\n/m)
  expect(run.output()).toMatch(
    new RegExp(`^ready  http://127.0.0.1:${ports[0]}  http://127.0.0.1:${ports[1]}  \\(2 workers, redis-server `, 'm'),
  )
  expect(run.output()).toMatch(/^\d\d:\d\d:\d\d \[worker 2\] worker pid=\d+$/m)
})

describe('nothing is left', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'after %s: the API stops first, then the worker, then Redis',
    async (signal) => {
      const run = start()
      await run.says(/^ready/m)
      expect((await leftOver()).length).toBeGreaterThanOrEqual(4)
      run.child.kill(signal)
      // npm passes the signal of a Ctrl-C on, so that it comes twice.
      await sleep(50)
      run.child.kill(signal)
      expect(await run.exitCode).toBe(0)
      expect(run.output()).toMatch(/\[start\] stopping \(SIG\w+\)[\s\S]*api stopped[\s\S]*worker stopped/)
      expect(await leftOver()).toEqual([])
    },
  )

  test('after it was killed', async () => {
    const run = start()
    await run.says(/^ready/m)
    run.child.kill('SIGKILL')
    await eventually(async () => expect(await leftOver()).toEqual([]))
  })

  test('after it was killed while a worker still opened its model', async () => {
    const run = start({}, './slow/')
    await run.says(/\[worker 1\] opening/)
    run.child.kill('SIGKILL')
    await eventually(async () => expect(await leftOver()).toEqual([]))
  })

  test('after a second Ctrl-C, when a process does not stop', async () => {
    const run = start({ WORKER_STUBBORN: '1' })
    await run.says(/^ready/m)
    run.child.kill('SIGINT')
    await run.says(/\[start\] stopping/)
    // Sooner it would be the same Ctrl-C, passed on by npm.
    await sleep(1000)
    run.child.kill('SIGINT')
    expect(await run.exitCode).toBe(130)
    await eventually(async () => expect(await leftOver()).toEqual([]))
  })

  test('after a Ctrl-C while it starts', async () => {
    const run = start()
    await run.says(/using redis-server/)
    run.child.kill('SIGINT')
    expect(await run.exitCode).toBe(0)
    expect(await leftOver()).toEqual([])
  })
})

describe('a Redis of REDIS_URL', () => {
  test('is used, and is left alone at the end', async () => {
    const redis = await startTestRedis()
    const run = start({ REDIS_URL: redis.url })
    await run.says(/^ready/m)
    expect((await ask('/')).redisUrl).toBe(redis.url)
    run.child.kill('SIGINT')
    expect(await run.exitCode).toBe(0)
    const client = new Redis(redis.url)
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
    await redis.stop()
  })

  test('that is not there: one line, exit code 1', async () => {
    const run = start({ REDIS_URL: 'redis://127.0.0.1:1' })
    expect(await run.exitCode).toBe(1)
    expect(run.output()).toMatch(/^error: the Redis at redis:\/\/127\.0\.0\.1:1 can't be used: .*\n$/)
  })
})

describe('what can not work is one line and an exit code', () => {
  test('a wrong setting', async () => {
    const run = start({ WORKERS: 'many' })
    expect(await run.exitCode).toBe(78)
    expect(run.output()).toBe('error: WORKERS is "many"; allowed: a whole number from 1 to 64\n')
  })

  test('a DATA_DIR that can not be made', async () => {
    const run = start({ DATA_DIR: '/dev/null/data' })
    expect(await run.exitCode).toBe(78)
    expect(run.output()).toMatch(
      /^error: DATA_DIR is "\/dev\/null\/data", which can't be used \(E.*\); allowed: a folder that can be written\n$/,
    )
  })

  test.runIf(process.platform === 'linux')('a DATA_DIR below a folder that takes none', async () => {
    const run = start({ DATA_DIR: '/proc/nope' })
    expect(await run.exitCode).toBe(78)
    expect(run.output()).toMatch(/^error: DATA_DIR is "\/proc\/nope", which can't be used .*\n$/)
  })

  test('a RULES_DIR that is not there', async () => {
    const run = start({ RULES_DIR: join(folder, 'nowhere') })
    expect(await run.exitCode).toBe(78)
    expect(run.output()).toMatch(/^error: RULES_DIR .*nowhere: it can't be read \(ENOENT\)\n$/)
  })

  test('a port in use', async () => {
    const other = createServer().listen(ports[1], '127.0.0.1')
    await once(other, 'listening')
    const run = start()
    expect(await run.exitCode).toBe(78)
    expect(run.output()).toBe(
      `error: port ${ports[1]} on 127.0.0.1 is in use by another program; stop it, or set PORT, for example PORT=9002,9004\n`,
    )
    other.close()
  })

  test('a second start with the same data', async () => {
    const first = start()
    await first.says(/^ready/m)
    const second = start({ PORT: String(await freePort()) })
    expect(await second.exitCode).toBe(78)
    expect(second.output()).toMatch(/^error: another `npm start` \(process \d+\) runs with the data in .*; stop it/)
    expect((await ask('/')).pid).toBeGreaterThan(0)
  })

  test('two starts with the same data in the same moment: one runs', async () => {
    const both = [start(), start({ PORT: String(await freePort()) })]
    const ended = await Promise.race(both.map((run) => run.exitCode.then(() => run)))
    const other = both.find((run) => run !== ended)
    expect(ended.output()).toMatch(/^error: another `npm start`/)
    await other?.says(/^ready/m)
  })
})

describe('a process that dies', () => {
  test('is started again', async () => {
    const run = start()
    await run.says(/^ready/m)
    const { pid } = await ask('/')
    await ask('/die').catch(() => {})
    await run.says(/\[start\] api ended \(exit code 3\); starting it again in 500 ms/)
    await eventually(async () => expect((await ask('/')).pid).not.toBe(pid))
  })

  test('Redis too, with its data', async () => {
    const run = start()
    await run.says(/^ready/m)
    const client = new Redis((await ask('/')).redisUrl)
    client.on('error', () => {}) // The kill breaks the connection on purpose.
    await client.set('kept', 'yes')
    process.kill(Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]), 'SIGKILL')
    await run.says(/redis-server .* ended .*starting it again/)
    expect(await client.get('kept')).toBe('yes')
    client.disconnect()
  })

  test('at once, again and again, ends everything', async () => {
    const run = start({}, './crashing/')
    expect(await run.exitCode).toBe(1)
    expect(run.output()).toMatch(/error: worker 1 is given up: it ended 4 times in a row .*\(exit code 7\)/)
    expect(await leftOver()).toEqual([])
  })

  test('because of its settings is not started again', async () => {
    const run = start({}, './misconfigured/')
    expect(await run.exitCode).toBe(1)
    expect(run.output()).toContain('error: MODEL /no/such is not there\n')
    expect(run.output()).toContain('error: worker 1 is given up: it can not run with these settings')
    expect(run.output()).not.toContain('starting it again')
  })
})
