// The engine's contract over decoder exports.

import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openEngine } from '../../src/inference/open-engine.ts'
import { resolveModel } from '../../src/tokenizer/model-files.ts'
import { Tokenizer } from '../../src/tokenizer/tokenizer.ts'
import { engineContract } from './engine-contract.ts'
import { temporaryFolder, tinyModel } from './model/tiny-models.ts'
import { writeGpt2Export, writeLlamaExport } from './stock/tiny-exports.ts'
import { tinyGpt2 } from './stock/tiny-gpt2.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const models: Record<string, string> = { Llama: join(folder.path, 'llama'), gpt2: join(folder.path, 'gpt2') }
await writeLlamaExport(models.Llama!, tinyModel('LlamaForCausalLM', { max_position_embeddings: 512 }))
writeGpt2Export(models.gpt2!, tinyGpt2({ n_positions: 512 }))

for (const [name, model] of Object.entries(models)) {
  const { tokenizerPath, tokenizerConfigPath } = await resolveModel(model, folder.path)
  engineContract(`the local engine over a ${name}'s export`, {
    open: () => openEngine({ model, precision: 'int8', slots: 8, threads: 1, maxContext: 512, dataDir: folder.path }),
    tokenizer: Tokenizer.load({ tokenizer: tokenizerPath, tokenizerConfig: tokenizerConfigPath }),
    real: false,
    exact: true,
    randomRequests: 30,
  })
}
