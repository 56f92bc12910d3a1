// A whole service of real processes over a real Redis, each process behind a wire of its own, and the faults it can be
// given. Whatever a fault ended runs again when the fault is over.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/cli/free-port.ts'
import { processesWith, type SeenProcess, signal } from '../support/processes.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { untilWorkers } from '../support/streams.ts'
import { type Cut, RedisWire } from './redis-wire.ts'
import { ServiceProcess } from './service-process.ts'

export type Place =
  | { kind: 'redis' }
  /** An engine goes by the index of its worker. */
  | { kind: 'api' | 'worker' | 'engine'; index: number }

/** `kill` is SIGKILL, `restart` SIGTERM, `pause` SIGSTOP; the others cut the wire between a process and Redis. */
export interface Fault {
  what: 'kill' | 'restart' | 'pause' | Cut
  at: Place
  /** How long it lasts: a pause, a cut, Redis being away. A killed process is started again at once. */
  forMs: number
}

export interface FaultyServiceOptions {
  apis: number
  workers: number
  /** MODEL of the workers; `scripted:RATE` answers with so many tokens a second, and needs little of a processor. */
  model: string
  env: NodeJS.ProcessEnv
  /** One that may see the workers, where `env` has keys. */
  key?: string
}

/** What a process must never say: a bug that nothing caught, or one that only the log saw. */
const outcry =
  /unhandled|uncaught|TypeError|ReferenceError|RangeError|"level":"fatal"|"msg":"(request|a stream) failed"/i

export class FaultyService {
  readonly redis: TestRedis
  readonly apis: ServiceProcess[] = []
  readonly workers: ServiceProcess[] = []
  readonly urls: string[] = []
  /** What no fault explains: processes that ended by themselves, bugs in their logs. */
  readonly problems: string[] = []
  readonly #wires = new Map<ServiceProcess, RedisWire>()
  readonly #workerEnv: NodeJS.ProcessEnv
  readonly #marker = `WORKFLOWAI_TEST=${randomUUID()}`
  /** The last lines of each process, for a failure's report. */
  readonly #lines = new Map<string, string[]>()
  /** Faults at one place happen one after the other. */
  readonly #busy = new Map<string, Promise<unknown>>()

  readonly #key: string | undefined

  private constructor(redis: TestRedis, workerEnv: NodeJS.ProcessEnv, key: string | undefined) {
    this.redis = redis
    this.#workerEnv = workerEnv
    this.#key = key
  }

  /** Resolves when every API serves and sees every worker. */
  static async start({ apis, workers, model, env, key }: FaultyServiceOptions): Promise<FaultyService> {
    const service = new FaultyService(await startTestRedis({ durable: true }), { ...env, MODEL: model }, key)
    try {
      for (let i = 0; i < workers; i++)
        service.workers.push(await service.#launch('worker', i, { ...env, MODEL: model }))
      for (let i = 0; i < apis; i++) {
        const port = await freePort()
        service.urls.push(`http://127.0.0.1:${port}`)
        service.apis.push(await service.#launch('api', i, { ...env, PORT: String(port) }))
      }
      await service.#untilWorkersServe()
    } catch (error) {
      await service.stop()
      throw new Error(`the service did not start:\n${service.lastLines()}`, { cause: error })
    }
    return service
  }

  /** One worker more; resolves when every API sees it. */
  async addWorker(): Promise<void> {
    await this.#launchWorker()
    await this.#untilWorkersServe()
  }

  /** Does it, and resolves when it is over. @returns false where there was nothing to do it to */
  async inject(fault: Fault): Promise<boolean> {
    // A worker and its engine are one place: who kills the one takes the other.
    const place = fault.at.kind === 'redis' ? 'redis' : `${fault.at.kind.replace('engine', 'worker')} ${fault.at.index}`
    const before = this.#busy.get(place)
    const run = (async () => {
      await before?.catch(() => {})
      return fault.at.kind === 'redis' ? this.#hurtRedis(fault) : this.#hurtProcess(fault, fault.at)
    })()
    this.#busy.set(place, run)
    return run
  }

  /** The processes that are still there; with Redis, which ends last. */
  processes(): SeenProcess[] {
    return processesWith(this.#marker)
  }

  /** What a process has written lately. */
  linesOf({ name }: ServiceProcess): string[] {
    return this.#lines.get(name) ?? []
  }

  lastLines(): string {
    return [...this.#lines].map(([name, lines]) => `--- ${name}\n${lines.join('\n')}`).join('\n')
  }

  async stop(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((one) => one.stop()))
    await Promise.all([...this.#wires.values()].map((wire) => wire.stop()))
    await this.redis.stop()
  }

  async #launchWorker(): Promise<void> {
    this.workers.push(await this.#launch('worker', this.workers.length, this.#workerEnv))
  }

  async #untilWorkersServe(): Promise<void> {
    await Promise.all(this.urls.map((url) => untilWorkers(url, this.workers.length, 60_000, this.#key)))
  }

  async #launch(kind: 'api' | 'worker', index: number, env: NodeJS.ProcessEnv): Promise<ServiceProcess> {
    const wire = await RedisWire.start(this.redis)
    const name = `${kind} ${index + 1}`
    const lines: string[] = []
    this.#lines.set(name, lines)
    const launched = new ServiceProcess({
      ...{ name, kind },
      env: { ...baseEnv(), ...env, REDIS_URL: wire.url, WORKFLOWAI_TEST: this.#marker.split('=')[1] },
      onLine: (line) => {
        lines.push(line)
        if (lines.length > 400) lines.shift()
        if (outcry.test(line)) this.problems.push(`${name} wrote: ${line.slice(0, 1000)}`)
      },
      onOwnEnd: (how) => this.problems.push(`${name} ${how}; its last lines:\n${lines.join('\n')}`),
    })
    this.#wires.set(launched, wire)
    return launched
  }

  async #hurtRedis({ what, forMs }: Fault): Promise<boolean> {
    const { redis } = this
    if (what === 'pause') {
      await redis.pause()
      await sleep(forMs)
      await redis.resume()
      return true
    }
    if (what !== 'kill' && what !== 'restart') throw new Error(`${what} happens to a process, not to Redis`)
    await (what === 'kill' ? redis.kill() : redis.shutdown())
    await sleep(forMs)
    await redis.restart()
    return true
  }

  async #hurtProcess({ what, forMs }: Fault, at: Exclude<Place, { kind: 'redis' }>): Promise<boolean> {
    const one = (at.kind === 'api' ? this.apis : this.workers)[at.index]
    if (!one) throw new Error(`there is no ${at.kind} ${at.index + 1}`)
    if (at.kind === 'engine') return hurtEngine(one, what, forMs)
    if (what === 'kill') await one.kill()
    else if (what === 'restart') await one.restart()
    else if (what === 'pause') {
      one.pause()
      await sleep(forMs)
      one.resume()
    } else {
      const wire = this.#wires.get(one)
      wire?.cut(what)
      await sleep(forMs)
      wire?.mend()
    }
    return true
  }
}

async function hurtEngine(worker: ServiceProcess, what: Fault['what'], forMs: number): Promise<boolean> {
  if (what === 'kill') return worker.killEngine()
  if (what !== 'pause') throw new Error(`${what} does not happen to an engine`)
  const pid = worker.enginePid
  if (pid === null || !signal(pid, 'SIGSTOP')) return false
  await sleep(forMs)
  signal(pid, 'SIGCONT')
  return true
}

/** Little more than what a process needs: no setting of the machine that runs the tests. */
function baseEnv(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, NODE_ENV: 'production' }
}
