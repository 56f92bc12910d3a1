// The engine's contract over the real model. The graph is built where the first run doesn't find it.

import { fileURLToPath } from 'node:url'
import { openEngine } from '../../src/inference/open-engine.ts'
import { embeddedTokenizer as tokenizer } from '../tokenizer/embedded-tokenizer.ts'
import { engineContract } from './engine-contract.ts'

const dataDir = fileURLToPath(new URL('../../.data', import.meta.url))

for (const precision of ['float32', 'int8'] as const) {
  engineContract(`the local engine over the ${precision} graph`, {
    open: () => openEngine({ model: '', precision, slots: 8, threads: 2, maxContext: 256, dataDir }),
    tokenizer,
    real: true,
    // Activations are rounded to 8 bits: a last bit that differs can move a value to the next step.
    exact: precision === 'float32',
    randomRequests: 45,
  })
}
