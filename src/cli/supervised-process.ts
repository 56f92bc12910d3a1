// A child process that is kept running. States: running -> (died) waiting -> running; stop() ends it from any state.
// A child that dies as soon as it starts, several times in a row, or says that its set-up is wrong, is given up.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { wrongSetupExitCode } from '../process-main.ts'

export interface ProcessSpec {
  /** For people: `api`, `worker 1`. */
  name: string
  /** A module to run: .ts under tsx, or compiled .js. */
  entry: URL
  env: NodeJS.ProcessEnv
}

export interface SupervisionEvents {
  /** A line the child wrote to stdout. */
  onLine(line: string): void
  /** It died and is started again after the delay. */
  onRestart(reason: string, delayMs: number): void
  /** It is of no use to start it again. Called once. */
  onGiveUp(reason: string): void
}

/** A life shorter than this counts as dying at once. */
const shortLifeMs = 10_000
const maxShortLives = 4
const firstDelayMs = 500
const maxDelayMs = 10_000

export class SupervisedProcess {
  readonly #spec: ProcessSpec
  readonly #events: SupervisionEvents
  #child: ChildProcess | null = null
  #shortLives = 0
  #stopping = false
  #restart: NodeJS.Timeout | null = null

  constructor(spec: ProcessSpec, events: SupervisionEvents) {
    this.#spec = spec
    this.#events = events
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    const startedAt = performance.now()
    const child = fork(fileURLToPath(this.#spec.entry), [], {
      env: this.#spec.env,
      execArgv: this.#spec.entry.pathname.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [],
      // Its own process group: a Ctrl-C in the terminal reaches `npm start` alone, which stops everything in order.
      detached: true,
      // stderr is the terminal itself, so that progress bars work.
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    this.#child = child
    createInterface({ input: child.stdout! }).on('line', (line) => this.#events.onLine(line))
    child.once('exit', (code, signal) => {
      this.#child = null
      killGroup(child.pid)
      if (!this.#stopping) this.#afterDeath(code, signal, performance.now() - startedAt)
    })
    // It could not be started at all; 'exit' does not follow then.
    child.once('error', (error) => {
      if (child.pid === undefined && !this.#stopping) this.#events.onGiveUp(error.message)
    })
  }

  /** SIGTERM, and SIGKILL to it and all its children when it still runs after the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    if (this.#restart !== null) clearTimeout(this.#restart)
    const child = this.#child
    if (child === null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const force = setTimeout(() => killGroup(child.pid), deadlineMs)
    await exited
    clearTimeout(force)
  }

  /** At once, without waiting. */
  kill(): void {
    this.#stopping = true
    if (this.#restart !== null) clearTimeout(this.#restart)
    killGroup(this.#child?.pid)
  }

  #afterDeath(code: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    const reason = signal === null ? `exit code ${code}` : signal
    this.#shortLives = livedMs < shortLifeMs ? this.#shortLives + 1 : 0
    if (code === wrongSetupExitCode) {
      this.#events.onGiveUp('it can not run with these settings')
    } else if (this.#shortLives >= maxShortLives) {
      this.#events.onGiveUp(`it ended ${this.#shortLives} times in a row as soon as it was started (${reason})`)
    } else {
      this.#startLater(reason)
    }
  }

  #startLater(reason: string): void {
    const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.max(0, this.#shortLives - 1))
    this.#events.onRestart(reason, delayMs)
    this.#restart = setTimeout(() => this.start(), delayMs)
  }
}

/** Also what the child started and left behind, such as a worker's engine. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing of the group is left.
  }
}
