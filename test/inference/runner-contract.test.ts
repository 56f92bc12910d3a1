import { join } from 'node:path'
import { afterAll } from 'vitest'
import { buildGraph } from '../../src/inference/model/open-model.ts'
import { createOnnxRunner } from '../../src/inference/runner/onnx-runner.ts'
import { ScriptedRunner } from '../../src/inference/scripted-runner.ts'
import { resolveModel } from '../../src/tokenizer/model-files.ts'
import { temporaryFolder, tinyModel, writeSafetensors } from './model/tiny-models.ts'
import { RUNNER_CONTEXT, RUNNER_SLOTS, runnerContract } from './runner-contract.ts'
import { openStockRunner, writeGpt2Export, writeLlamaExport } from './stock/tiny-exports.ts'
import { tinyGpt2 } from './stock/tiny-gpt2.ts'

const options = { slots: RUNNER_SLOTS, maxContext: RUNNER_CONTEXT, threads: 2 }
const folder = temporaryFolder()
afterAll(() => folder.remove())

runnerContract('the scripted runner', {
  open: async () => new ScriptedRunner({ ...options, vocabSize: 320 }),
  tolerance: 1e-9,
  hasTables: false,
})

for (const precision of ['float32', 'int8'] as const) {
  runnerContract(`the runner over our graph in ${precision}`, {
    open: async () => {
      const model = join(folder.path, `own-${precision}`)
      writeSafetensors(model, tinyModel('LlamaForCausalLM', { num_hidden_layers: 3 }))
      const files = await resolveModel(model, folder.path)
      return createOnnxRunner(await buildGraph(files, { precision, dataDir: folder.path }), options)
    },
    // Rounding to 8 bits can turn a last digit into a step.
    tolerance: precision === 'float32' ? 1e-5 : 0.05,
    hasTables: true,
  })
}

for (const weights of ['float32', 'int8'] as const) {
  runnerContract(`the runner over a Llama's export with weights in ${weights}`, {
    open: async () => {
      const path = join(folder.path, `llama-${weights}`)
      await writeLlamaExport(path, tinyModel('LlamaForCausalLM'), weights)
      return openStockRunner(path, options)
    },
    tolerance: weights === 'float32' ? 1e-5 : 0.05,
    hasTables: true,
  })
}

for (const positions of ['given', 'counted', 'ignored'] as const) {
  runnerContract(`the runner over a gpt2's export with positions ${positions}`, {
    open: async () => {
      const path = join(folder.path, `gpt2-${positions}`)
      writeGpt2Export(path, tinyGpt2(), positions)
      return openStockRunner(path, options)
    },
    tolerance: 1e-4,
    hasTables: true,
  })
}
