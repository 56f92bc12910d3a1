// Engines over a scripted runner, and a scripted model that repeats itself, so that guesses at its next ids can be right.

import { LocalEngine, type LocalEngineOptions } from '../../src/inference/local-engine.ts'
import type { ForwardBatch, ModelRunner } from '../../src/inference/model-runner.ts'
import { ScriptedRunner } from '../../src/inference/scripted-runner.ts'
import { PromptEncoder } from '../../src/tokenizer/prompt-encoder.ts'
import { embeddedTokenizer as tokenizer } from '../tokenizer/embedded-tokenizer.ts'

type Options = Partial<LocalEngineOptions> & { running?: number }

export function engineOver(runner: ModelRunner, { running, ...options }: Options = {}): LocalEngine {
  const { maxContext, slots } = runner.shape
  const info = { model: 'scripted', precision: 'float32' as const, slots: running ?? slots, threads: 1, maxContext }
  return new LocalEngine({ runner, encoder: new PromptEncoder(tokenizer), info, ...options })
}

/**
 * After most ids the next one follows from that id alone, in a circle of twenty; the others depend on all ids before, as
 * every scripted one does. So a wrong row of the cache still changes what is generated.
 */
export class RepeatingRunner extends ScriptedRunner {
  override async forward(batch: ForwardBatch): Promise<Float32Array> {
    const logits = await super.forward(batch)
    const { vocabSize } = this.shape
    let row = 0
    for (const { tokens, logits: wanted } of batch.rows) {
      for (let back = wanted; back > 0; back--, row++) {
        const own = logits.subarray(row * vocabSize, (row + 1) * vocabSize)
        const strays = own.indexOf(own.reduce((a, b) => Math.max(a, b))) % 8 === 0
        const last = tokens[tokens.length - back]!
        if (!strays) own[300 + ((last * 7 + 3) % 20)]! += 20
      }
    }
    return logits
  }
}
