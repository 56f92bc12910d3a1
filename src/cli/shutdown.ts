// Stops everything that was started, in the reverse order, once. A second signal does not wait.

export interface ShutdownStep {
  name: string
  /** Ends within its own deadline. */
  stop(): Promise<void>
  /** At once, without waiting. */
  kill(): void
}

/** npm passes a Ctrl-C on that its children got from the terminal already: the same key press, not a second one. */
const samePressMs = 800

export class Shutdown {
  readonly #say: (line: string) => void
  readonly #exit: (code: number) => void
  readonly #steps: ShutdownStep[] = []
  #startedAt: number | null = null

  constructor(say: (line: string) => void, exit: (code: number) => void) {
    this.#say = say
    this.#exit = exit
  }

  get started(): boolean {
    return this.#startedAt !== null
  }

  /** Steps added later stop earlier. */
  add(step: ShutdownStep): void {
    this.#steps.push(step)
  }

  onSignal(signal: NodeJS.Signals): void {
    if (this.#startedAt === null) {
      void this.run(`stopping (${signal}); a second signal stops at once`, 0)
    } else if (performance.now() - this.#startedAt > samePressMs) {
      this.#say(`stopping at once (${signal})`)
      this.killAll()
      this.#exit(130)
    }
  }

  killAll(): void {
    for (const step of this.#steps) step.kill()
  }

  /** Only the first call does something. */
  async run(reason: string, exitCode: number): Promise<void> {
    if (this.#startedAt !== null) return
    this.#startedAt = performance.now()
    this.#say(reason)
    while (this.#steps.length > 0) {
      const step = this.#steps.at(-1)!
      try {
        await step.stop()
      } catch (thrown) {
        this.#say(`${step.name} could not be stopped cleanly: ${(thrown as Error).message}`)
        step.kill()
      }
      this.#steps.pop()
    }
    this.#exit(exitCode)
  }
}
