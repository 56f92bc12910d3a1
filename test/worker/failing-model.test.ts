// A model whose graph can't compute every input, in a real engine process: it has rows for fewer positions than its
// config says, and a pass that goes beyond them throws.

import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { ProcessEngine } from '../../src/inference/process-engine.ts'
import { EngineSequences } from '../../src/worker/engine-sequences.ts'
import { requestFor } from '../inference/engine-client.ts'
import { temporaryFolder } from '../inference/model/tiny-models.ts'
import { writeGpt2Export } from '../inference/stock/tiny-exports.ts'
import { tinyGpt2 } from '../inference/stock/tiny-gpt2.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const positions = 64
const model = join(folder.path, 'model')
const tiny = tinyGpt2({ n_positions: positions })
tiny.config.n_positions = 256
writeGpt2Export(model, tiny)

it('a pass that throws ends the job that makes it throw, with its reason, and costs nobody else a token', async () => {
  const settings = { model, precision: 'int8', slots: 4, threads: 1, maxContext: 256, dataDir: folder.path } as const
  const engine = await ProcessEngine.start({ settings })
  const sequences = new EngineSequences(engine)
  const run = async (name: string, text: string) => {
    const ids: (number | null)[] = []
    const request = requestFor(text, { id: name, maxTokens: 40, ignoreEos: true })
    const reader = { room: () => null }
    for await (const { tokens, end } of sequences.run(request, new AbortController().signal, reader)) {
      ids.push(...tokens.map(({ tokenId }) => tokenId))
      if (end) expect(end.kind).toBe('finished')
    }
    return ids
  }
  const alone = [await run('a', 'ab'), await run('b', 'ba')]
  const beside = [run('a', 'ab'), run('b', 'ba')]
  const tooLong = run('long', 'a '.repeat(positions))
  await expect(tooLong).rejects.toMatchObject({
    code: 'poisoned',
    message: expect.stringMatching(/crashed 3 times under this job alone.*last time:.*(idx|indices|bounds)/),
  })
  expect(await Promise.all(beside)).toEqual(alone)
  await engine.close()
})
