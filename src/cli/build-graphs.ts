// Builds the int8 graphs of the model for every kind of CPU, so that an image made on one machine starts at once on
// any other.

import { buildGraph } from '../inference/model/open-model.ts'
import { runMain } from '../process-main.ts'
import { readSettings } from '../settings.ts'
import { resolveModel } from '../tokenizer/model-files.ts'
import { ProgressDisplay } from '../worker/progress-display.ts'

await runMain(async () => {
  const { model, dataDir } = readSettings(process.env)
  const files = await resolveModel(model, dataDir)
  const display = new ProgressDisplay(process.stderr)
  for (const weightBits of [8, 7] as const) {
    await buildGraph(files, {
      ...{ precision: 'int8', dataDir, weightBits },
      onProgress: ({ phase, done, total }) => display.show({ stage: `${phase} (${weightBits} bits)`, done, total }),
    })
  }
  display.end()
})
