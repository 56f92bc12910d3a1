// The baseline of every engine figure: our engine over a stock export of the same weights, in the same runtime.

import type { Engine } from '../src/inference/engine.ts'
import type { EngineSettings } from '../src/inference/engine-messages.ts'
import { openEngine } from '../src/inference/open-engine.ts'
import { resolveModel } from '../src/tokenizer/model-files.ts'
import { buildStockGraph } from './stock-graph/write-export.ts'

/** The export is written to DATA_DIR/stock the first time: 8 bits in blocks of 32 where `precision` is int8. */
export async function openStockEngine(settings: EngineSettings): Promise<Engine> {
  const files = await resolveModel(settings.model, settings.dataDir)
  const model = await buildStockGraph(files, settings.dataDir, settings.precision)
  return openEngine({ ...settings, model })
}
