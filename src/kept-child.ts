// A child process of ours that is opened once and replaced when it dies. Whoever keeps it decides what becomes of what
// the dead one was asked for.
//
//   start() -> opening -> ready -> (death) -> pausing -> opening -> ready ...
//                 |          \_________________________________________ close() -> closed
//                 `-> refused: the first opening rejects start(), later ones and what is refused when ready are deaths

import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AppError, type ErrorCode, toAppError } from './errors.ts'

export type FromChild<Info, Told> =
  /** The answer to the first message. */
  | { kind: 'ready'; info: Info }
  /** It can't be opened, or can't go on. It exits then. */
  | { kind: 'refused'; error: Failure }
  | { kind: 'told'; told: Told }

/** An AppError as it crosses the channel. */
export interface Failure {
  code: ErrorCode
  message: string
  field: string | undefined
}

export function failureOf(thrown: unknown): Failure {
  const { code, message, field } = toAppError(thrown)
  return { code, message, field }
}

export function errorOf(failure: Failure): AppError {
  return new AppError(failure.code, failure.message, failure)
}

export interface ChildSpec<ToChild, Told> {
  /** For people: `engine`. */
  name: string
  /** The `import.meta.url` of the module that its own stands beside, and that one's name. */
  beside: string
  module: string
  /** Absent: this process's own. */
  env?: NodeJS.ProcessEnv
  /** The first message to each child. */
  open: ToChild
  onReady?: () => void
  onTold: (told: Told) => void
  /** null: another is not started, because it was closed or none was ever ready. */
  onDeath: (error: AppError, restartInMs: number | null) => void
}

const longestPauseMs = 10_000
const closeTimeoutMs = 3000

export class KeptChild<ToChild extends object, Info, Told> {
  readonly #spec: ChildSpec<ToChild, Told>
  #child: ChildProcess | null = null
  #info: Info | null = null
  #ready = false
  /** Why this child was killed by us. */
  #killedFor: string | null = null
  #startMs = 0
  #closed = false
  /** Children in a row that died before they were ready. */
  #failedStarts = 0
  #restartTimer: NodeJS.Timeout | undefined

  constructor(spec: ChildSpec<ToChild, Told>) {
    this.#spec = spec
  }

  /** What the child said of itself when it was ready, also while a new one is awaited. */
  get info(): Info {
    if (this.#info === null) throw new AppError('internal', `the ${this.#spec.name} has not started yet`)
    return this.#info
  }

  /** False while a new one is awaited. */
  get ready(): boolean {
    return this.#ready
  }

  /** Milliseconds that the last child took to be ready. */
  get startMs(): number {
    return this.#startMs
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The child's process id; null while a new one is awaited. */
  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** Resolves when the child is ready; rejects with the reason when it can't be. */
  start(): Promise<void> {
    return new Promise((ready, failed) => this.#spawn(ready, failed))
  }

  tell(message: ToChild): void {
    // Sending to a child that is just dying fails; its 'exit' follows.
    this.#child?.send(message, () => undefined)
  }

  /** @param reason what its death is said to be: `has not answered for 60 s` */
  kill(reason: string): void {
    this.#killedFor = reason
    this.#child?.kill('SIGKILL')
  }

  /** Resolves when the child is gone. `farewell` asks it to go by itself; without one it has nothing to put away. */
  async close(farewell?: ToChild): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restartTimer)
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    if (farewell) this.tell(farewell)
    else child.kill('SIGKILL')
    const timer = setTimeout(() => child.kill('SIGKILL'), closeTimeoutMs)
    await exited
    clearTimeout(timer)
  }

  #spawn(ready: () => void = () => {}, failed: (error: AppError) => void = () => {}): void {
    const { name, open } = this.#spec
    const child = forkChild(this.#spec)
    const startedAt = performance.now()
    let refusal: AppError | null = null
    this.#killedFor = null
    const lose = (error: AppError) => {
      if (this.#child !== child) return
      this.#lose(error)
      failed(error)
    }
    this.#child = child
    child.on('message', (message: FromChild<Info, Told>) => {
      // Messages may still come after 'exit'; what they answer has been given up.
      if (this.#child !== child) return
      if (message.kind === 'told') this.#spec.onTold(message.told)
      else if (message.kind === 'refused') refusal = errorOf(message.error)
      else {
        this.#startMs = performance.now() - startedAt
        this.#becomeReady(message.info)
        ready()
      }
    })
    child.once('exit', (code, signal) => {
      const how = this.#killedFor ?? (signal ? `was ended by ${signal}` : `exited with code ${code}`)
      lose(refusal ?? new AppError('engine_failed', `the ${name} process ${how}`))
    })
    child.on('error', (cause) => {
      // One that could not be started has no exit.
      if (child.pid !== undefined) return
      lose(new AppError('engine_failed', `the ${name} process can't be started: ${cause.message}`, { cause }))
    })
    this.tell(open)
  }

  #becomeReady(info: Info): void {
    this.#info = info
    this.#ready = true
    this.#failedStarts = 0
    this.#spec.onReady?.()
  }

  /** The child is gone. Once there was a ready one, another is started. */
  #lose(error: AppError): void {
    this.#child = null
    this.#failedStarts = this.#ready ? 0 : this.#failedStarts + 1
    this.#ready = false
    let restartInMs: number | null = null
    if (!this.#closed && this.#info !== null) {
      restartInMs = this.#failedStarts === 0 ? 0 : Math.min(longestPauseMs, 250 * 2 ** this.#failedStarts)
      this.#restartTimer = setTimeout(() => this.#spawn(), restartInMs)
    }
    this.#spec.onDeath(error, restartInMs)
  }
}

/** TypeScript through tsx, or built JavaScript. */
function forkChild<ToChild, Told>({ beside, module, env }: ChildSpec<ToChild, Told>): ChildProcess {
  const extension = extname(fileURLToPath(beside))
  const entry = fileURLToPath(new URL(`./${module}${extension}`, beside))
  const loader = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return fork(entry, [], {
    ...(env && { env }),
    execArgv: extension === '.ts' ? ['--import', loader()] : [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
