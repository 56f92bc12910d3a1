// What `npm run bench` does: measures the parts that were asked for, prints what it found, and writes it where it is told to.

import { writeFileSync } from 'node:fs'
import { readSettings } from '../src/settings.ts'
import type { BenchOrder } from './bench-command.ts'
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

/** @returns whether every claim is kept */
export async function bench({ parts, write }: BenchOrder): Promise<boolean> {
  const { LLAMA_SERVER: llamaServer, OPENVINO_BENCH: openVinoCommand } = process.env
  const { dataDir, engineThreads } = readSettings(process.env)
  const date = new Date().toISOString().slice(0, 10)
  const where = `${date}, ${machine(engineThreads)}, Node ${process.versions.node}`
  const report = new Report()
  report.note(`\`npm run bench\`, ${where}, int8, everything in one run.`)
  const picture = parts.has('service') ? await benchService(report, { dataDir, llamaServer, caption: where }) : null
  if (parts.has('engine')) await benchEngine(report, { dataDir, threads: engineThreads, openVinoCommand })
  if (parts.has('delivery')) {
    await benchRecovery(report)
    await benchRelay(report)
    await benchFlood(report)
  }
  if (parts.has('edge')) {
    await benchWrongKeys(report)
    await benchFairShare(report)
  }
  const markdown = report.finish()
  if (write) {
    writeReadmePart(markdown)
    writeFileSync(new URL('../docs/bench.svg', import.meta.url), picture!)
  }
  return report.allKept
}
