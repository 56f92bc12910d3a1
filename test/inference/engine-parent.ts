// A process that owns an engine process: test/inference/process-engine.test.ts kills it and looks what is left.

import { ProcessEngine } from '../../src/inference/process-engine.ts'

const engine = await ProcessEngine.start({
  settings: { model: 'scripted:50', precision: 'float32', slots: 2, threads: 1, maxContext: 256, dataDir: '.data' },
})
process.send?.(engine.pid)
