// What a generation of the scripted model gives when nothing breaks: the tokens that every stream must show, in whatever
// pieces and by whatever process they were made.

import { openEngine } from '../../src/inference/open-engine.ts'

export interface OrderedGeneration {
  prompt: string
  max_tokens: number
  seed: number
}

/** The texts of the token events of each generation, in order. */
export async function referenceTexts(orders: OrderedGeneration[]): Promise<string[][]> {
  const engine = await openEngine({
    ...{ model: 'scripted:', precision: 'float32', slots: 16, threads: 1, maxContext: 2048, dataDir: '.data' },
  })
  const texts = orders.map((): string[] => [])
  let running = orders.length
  const ended = new Promise<void>((resolve) => {
    engine.onStep((outputs) => {
      for (const { id, tokens, end } of outputs) {
        for (const { text } of tokens) texts[Number(id)]?.push(text)
        if (end && --running === 0) resolve()
      }
    })
  })
  orders.forEach(({ prompt, max_tokens: maxTokens, seed }, index) => {
    engine.submit({
      id: String(index),
      prompt: { kind: 'text', text: prompt },
      sampling: {
        ...{ temperature: 0.7, topP: 0.9, topK: 0, minP: 0, seed },
        ...{ repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 },
      },
      ...{ maxTokens, minTokens: 0, stop: [], ignoreEos: true, format: null, logprobs: null, generated: [] },
      deadlineAt: Date.now() + 600_000,
    })
  })
  await ended
  await engine.close()
  return texts
}
