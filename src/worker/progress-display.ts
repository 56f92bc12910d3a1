// Shows how far the opening of a model has come: a bar on a terminal, a line now and then elsewhere.

import cliProgress from 'cli-progress'
import type { OpenProgress } from '../inference/engine-messages.ts'

const lineEveryMs = 2000

export class ProgressDisplay {
  readonly #output: NodeJS.WriteStream
  #bar: cliProgress.SingleBar | null = null
  #stage = ''
  #startedAt = 0
  #lastLine = 0

  constructor(output: NodeJS.WriteStream) {
    this.#output = output
  }

  show({ stage, done, total }: OpenProgress): void {
    if (this.#output.isTTY) this.#drawBar(stage, done, total)
    else this.#writeLine(stage, done, total)
  }

  end(): void {
    this.#bar?.stop()
    this.#bar = null
  }

  #drawBar(stage: string, done: number, total: number): void {
    if (stage !== this.#stage) {
      this.end()
      this.#bar = new cliProgress.SingleBar({
        format: `${stage} [{bar}] {percentage}%  {left}`,
        stream: this.#output,
        hideCursor: true,
      })
      this.#bar.start(Math.max(1, total), done, { left: '' })
      this.#stage = stage
      this.#startedAt = performance.now()
    }
    this.#bar?.setTotal(Math.max(1, total))
    this.#bar?.update(done, { left: this.#left(done, total) })
  }

  /** Nothing in the first second: an estimate from so little would be far off. */
  #left(done: number, total: number): string {
    const seconds = (performance.now() - this.#startedAt) / 1000
    if (done === 0 || seconds < 1) return ''
    return `${Math.ceil((seconds * (total - done)) / done)} s left`
  }

  #writeLine(stage: string, done: number, total: number): void {
    const now = performance.now()
    if (stage === this.#stage && now - this.#lastLine < lineEveryMs) return
    this.#stage = stage
    this.#lastLine = now
    const share = total > 0 ? ` ${Math.floor((done / total) * 100)} %` : ''
    this.#output.write(`${stage}${share}\n`)
  }
}
