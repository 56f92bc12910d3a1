// Builds a model's graph in a process of its own: MODEL DATA_DIR [wait]. With `wait` it stops in the middle for ever.

import { toAppError } from '../../../src/errors.ts'
import { type BuildProgress, buildGraph } from '../../../src/inference/model/open-model.ts'
import { resolveModel } from '../../../src/tokenizer/model-files.ts'

const [model, dataDir, wait] = process.argv.slice(2)

function onProgress({ phase }: BuildProgress): void {
  if (wait !== 'wait' || phase !== 'building') return
  process.stdout.write('building\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

try {
  await buildGraph(await resolveModel(model, dataDir!), { precision: 'float32', dataDir: dataDir!, onProgress })
} catch (thrown) {
  const { code, field, message } = toAppError(thrown)
  process.stderr.write(`${code} ${field} ${message}\n`)
  process.exitCode = 3
}
