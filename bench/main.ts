// `npm run bench`: every figure of the README, each as a ratio to a baseline of the same run. Absolute figures move with
// the machine and its load; ratios of one run are what counts.
//
//   npm run bench                     all
//   npm run bench -- engine | service one of them
//   LLAMA_SERVER=http://127.0.0.1:9101 OPENVINO_BENCH='command' npm run bench

import { cpus } from 'node:os'
import { readSettings } from '../src/settings.ts'
import { benchEngine } from './engine-bench.ts'
import { benchService } from './service-bench.ts'

const { dataDir, engineThreads } = readSettings(process.env)
const wanted = process.argv.slice(2)
const machine = `${engineThreads} cores of ${cpus()[0]?.model ?? 'an unknown CPU'}`
process.stdout.write(`${new Date().toISOString().slice(0, 10)}, ${machine}, Node ${process.versions.node}\n`)
if (wanted.length === 0 || wanted.includes('engine')) await benchEngine(dataDir, engineThreads)
if (wanted.length === 0 || wanted.includes('service')) {
  await benchService(dataDir, new URL('../docs/bench.svg', import.meta.url), machine)
}
