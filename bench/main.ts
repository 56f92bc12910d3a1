// `npm run bench`: every figure of the README, each as a ratio to a baseline of the same run. Absolute figures move with
// the machine and its load; ratios of one run are what counts.
//
//   npm run bench                      all, about 20 minutes with both peers
//   npm run bench -- engine | service | delivery | edge  one of them
//   npm run bench -- --write           all, and into the README and docs/bench.svg
//   LLAMA_SERVER=http://127.0.0.1:9101 OPENVINO_BENCH='command' npm run bench

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readSettings } from '../src/settings.ts'
import { benchFlood } from './delivery-flood.ts'
import { benchRecovery } from './delivery-recovery.ts'
import { benchRelay } from './delivery-relay.ts'
import { benchFairShare } from './edge-fair-share.ts'
import { benchWrongKeys } from './edge-wrong-keys.ts'
import { benchEngine } from './engine-bench.ts'
import { machine } from './machine.ts'
import { writeReadmePart } from './readme-part.ts'
import { Report } from './report.ts'
import { benchService } from './service-bench.ts'

const { values, positionals } = parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true })
const wants = (part: string) => positionals.length === 0 || positionals.includes(part)
const { LLAMA_SERVER: llamaServer, OPENVINO_BENCH: openVinoCommand } = process.env
const { dataDir, engineThreads } = readSettings(process.env)

const date = new Date().toISOString().slice(0, 10)
const where = `${date}, ${machine(engineThreads)}, Node ${process.versions.node}`
const report = new Report()
report.note(`\`npm run bench\`, ${where}, int8, everything in one run.`)
const picture = wants('service') ? await benchService(report, { dataDir, llamaServer, caption: where }) : null
if (wants('engine')) await benchEngine(report, { dataDir, threads: engineThreads, openVinoCommand })
if (wants('delivery')) {
  await benchRecovery(report)
  await benchRelay(report)
  await benchFlood(report)
}
if (wants('edge')) {
  await benchWrongKeys(report)
  await benchFairShare(report)
}
const markdown = report.finish()
if (values.write && positionals.length === 0) {
  writeReadmePart(markdown)
  writeFileSync(new URL('../docs/bench.svg', import.meta.url), picture!)
}
