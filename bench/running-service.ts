// A service to measure: its own Redis, one API and one worker as processes of their own, as `npm start` runs them.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from '../src/cli/free-port.ts'
import type { Server } from '../src/cli/load/http-stream.ts'
import { startTestRedis } from '../test/support/redis.ts'

export interface MeasuredService {
  url: string
  /** Its /generate/stream. */
  server: Server
  stop(): Promise<void>
}

export async function startMeasuredService(env: NodeJS.ProcessEnv): Promise<MeasuredService> {
  // Durable, as `npm start` and compose run it: the cost of the disk belongs to the figures.
  const redis = await startTestRedis({ durable: true })
  const port = await freePort()
  const childEnv = { ...process.env, LOG_LEVEL: 'warn', REDIS_URL: redis.url, PORT: String(port), ...env }
  const children = ['api', 'worker'].map((name) => start(`../src/${name}/main.ts`, childEnv))
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    await Promise.all(children.map(end))
    await redis.stop()
  }
  const giveUpAt = Date.now() + 180_000
  while (
    !(await fetch(`${url}/ready`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (Date.now() > giveUpAt || children.some((child) => child.exitCode !== null)) {
      await stop()
      throw new Error('the service to measure did not become ready')
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return { url, server: { url: `${url}/generate/stream`, kind: 'native' }, stop }
}

function start(entry: string, env: NodeJS.ProcessEnv): ChildProcess {
  const execArgv = ['--import', import.meta.resolve('tsx')]
  return fork(fileURLToPath(new URL(entry, import.meta.url)), [], {
    env,
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exited
}
