// Work for an engine in this process, timed from outside: N sequences submitted at once, run to their end. Prompts are
// token ids, so that no tokenizer is measured: other engines get them like this, too.

import { median } from '../src/cli/load/statistics.ts'
import type { Engine, SequenceRequest } from '../src/inference/engine.ts'

export interface WorkFigures {
  /** Generated tokens of all sequences by the whole time. */
  tokensPerSecond: number
  ttftP50Ms: number
  /** Generated tokens a second from the moment all sequences were past their first token. */
  decodeTokensPerSecond: number
}

export interface Work {
  sequences: number
  promptTokens: number
  newTokens: number
}

let made = 0

/** Ordinary tokens of the embedded model; no two prompts begin alike. */
function uniqueIds(count: number): number[] {
  const prompt = ++made
  return Array.from({ length: count }, (_, i) => 1000 + ((i * 977 + prompt * 31) % 40_000))
}

function request(work: Work, id: string): SequenceRequest {
  return {
    id,
    prompt: { kind: 'ids', ids: uniqueIds(work.promptTokens) },
    sampling: {
      ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 },
      seed: 1,
    },
    ...{
      maxTokens: work.newTokens,
      minTokens: 0,
      stop: [],
      ignoreEos: true,
      format: null,
      logprobs: null,
      generated: [],
    },
    deadlineAt: Date.now() + 3_600_000,
  }
}

export class EngineWork {
  private onOutput: (id: string, tokens: number, ended: boolean) => void = () => {}

  constructor(private readonly engine: Engine) {
    engine.onStep((outputs) => {
      for (const { id, tokens, end } of outputs) {
        if (end?.kind === 'failed') throw new Error(`a sequence failed: ${end.message}`)
        this.onOutput(id, tokens.filter(({ tokenId }) => tokenId !== null).length, end !== null)
      }
    })
  }

  async run(work: Work): Promise<WorkFigures> {
    const startedAt = performance.now()
    const firstAt = new Map<string, number>()
    let left = work.sequences
    let tokens = 0
    let tokensWhenAllRan = 0
    let allRanAt = 0
    await new Promise<void>((resolve) => {
      this.onOutput = (id, count, ended) => {
        tokens += count
        if (count > 0 && !firstAt.has(id)) {
          firstAt.set(id, performance.now() - startedAt)
          if (firstAt.size === work.sequences) [allRanAt, tokensWhenAllRan] = [performance.now(), tokens]
        }
        if (ended && --left === 0) resolve()
      }
      for (let i = 0; i < work.sequences; i++) this.engine.submit(request(work, `bench-${i}`))
    })
    const endedAt = performance.now()
    const times = [...firstAt.values()]
    return {
      tokensPerSecond: (tokens / (endedAt - startedAt)) * 1000,
      ttftP50Ms: median(times),
      decodeTokensPerSecond: ((tokens - tokensWhenAllRan) / (endedAt - allRanAt)) * 1000,
    }
  }

  /** The median of each figure over several runs. */
  async medianOf(runs: number, work: Work): Promise<WorkFigures> {
    const figures: WorkFigures[] = []
    for (let i = 0; i < runs; i++) figures.push(await this.run(work))
    const of = (key: keyof WorkFigures) => median(figures.map((run) => run[key]))
    return {
      tokensPerSecond: of('tokensPerSecond'),
      ttftP50Ms: of('ttftP50Ms'),
      decodeTokensPerSecond: of('decodeTokensPerSecond'),
    }
  }
}
