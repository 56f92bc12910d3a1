// One API or worker process as its users run it, and everything that can happen to it. Started again after each death,
// as `npm start`, Docker and Kubernetes do.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { childrenOf, signal } from '../support/processes.ts'

const stopLimitMs = 12_000

export interface ServiceProcessOptions {
  /** For people: `worker 1`. */
  name: string
  /** The folder of src that has its main file. */
  kind: 'api' | 'worker'
  env: NodeJS.ProcessEnv
  /** A line that it wrote, of its log or of what it had to cry. */
  onLine(line: string): void
  /** It ended although nobody ended it. */
  onOwnEnd(how: string): void
}

export class ServiceProcess {
  readonly #options: ServiceProcessOptions
  #child: ChildProcess
  /** Whether a worker has said that its model is loaded. */
  #ready = false

  constructor(options: ServiceProcessOptions) {
    this.#options = options
    this.#child = this.#launch()
  }

  get name(): string {
    return this.#options.name
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** SIGKILL, and a new process at once. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
    this.#child = this.#launch()
  }

  /** SIGTERM as from an orchestrator, and a new process when it has ended. */
  async restart(): Promise<void> {
    await this.#end('SIGTERM')
    this.#child = this.#launch()
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  pause(): void {
    signal(this.pid, 'SIGSTOP')
  }

  resume(): void {
    signal(this.pid, 'SIGCONT')
  }

  /** The engine's process id; null while there is none. */
  get enginePid(): number | null {
    return childrenOf(this.pid)[0] ?? null
  }

  /**
   * SIGKILL for the engine. One that was still loading the model for the first time takes its worker along, which is then
   * started again. @returns false where there is no engine
   */
  async killEngine(): Promise<boolean> {
    const pid = this.enginePid
    if (pid === null || !signal(pid, 'SIGKILL')) return false
    // Told to stop as well: it may have become ready in this very moment, and then it stays.
    if (!this.#ready) await this.restart()
    return true
  }

  async #end(how: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    child.removeAllListeners('exit')
    const exited = once(child, 'exit')
    child.kill(how)
    const force = setTimeout(() => {
      this.#options.onOwnEnd(`did not stop within ${stopLimitMs} ms of ${how}`)
      child.kill('SIGKILL')
    }, stopLimitMs)
    await exited
    clearTimeout(force)
  }

  #launch(): ChildProcess {
    const { kind, env, onLine, onOwnEnd } = this.#options
    this.#ready = false
    const child = fork(fileURLToPath(new URL(`../../src/${kind}/main.ts`, import.meta.url)), [], {
      env,
      execArgv: ['--import', import.meta.resolve('tsx')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream?.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          if (child === this.#child && line.includes('"msg":"ready"')) this.#ready = true
          onLine(line)
        }
      })
    }
    child.once('exit', (code, by) => onOwnEnd(`ended by itself (${by ?? `exit code ${code}`})`))
    return child
  }
}
