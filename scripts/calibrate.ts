// Writes activation-maxima.safetensors beside a model's weights, so that building its int8 graph needs no measurement:
//   node --import tsx scripts/calibrate.ts [folder or GGUF file]
// The embedded model's file was made by this.

import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { maximaPath } from '../src/inference/model/calibration.ts'
import { HEAD_TAP, MEASURED, tapName } from '../src/inference/model/graph-names.ts'
import { calibrate } from '../src/inference/model/open-model.ts'
import { encodeSafetensors } from '../src/inference/model/safetensors-writer.ts'
import { resolveModel } from '../src/tokenizer/model-files.ts'

const files = await resolveModel(process.argv[2], tmpdir())
const { layers, head } = await calibrate(files, tmpdir())
const ofLayers = layers.flatMap((maxima, layer) =>
  MEASURED.map((name) => ({ name: tapName(layer, name), values: maxima[name] })),
)
const tensors = [...ofLayers, { name: HEAD_TAP, values: head }]
const path = maximaPath(files.folder)
writeFileSync(path, encodeSafetensors(tensors))
process.stdout.write(`${path}: ${tensors.length} tensors of ${layers.length} layers\n`)
