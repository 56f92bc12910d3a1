// `npm run soak`: the long storm, with its verdict on stdout and in the exit code.
//
//   npm run soak                                 300 kills over 100 streams at a time
//   npm run soak -- --kills 50 --streams 20      less
//   FAULT_SEED=7 npm run soak                    the faults of an earlier run again

import { Command } from 'commander'
import { FaultyService } from './faulty-service.ts'
import { faultSeed } from './random.ts'
import { storm, type Verdict } from './storm.ts'

interface Options {
  kills: string
  streams: string
  every: string
}

const ttlMs = 60_000
const graceMs = 15_000
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function soak({ kills, streams, every }: Options): Promise<void> {
  const seed = faultSeed(process.env)
  say(`FAULT_SEED=${seed}`)
  const service = await FaultyService.start({
    // By default fewer slots than streams: what a dead worker leaves must come before those who have waited all along.
    ...{ apis: 2, workers: 3, model: 'scripted:20' },
    env: {
      ...{ MODEL_PRECISION: 'float32', ENGINE_SLOTS: '24', LOG_LEVEL: 'info', QUEUE_MAX_JOBS: '1000' },
      // Fewer than the streams come to: some are put back to wait, and computed again.
      ENGINE_KV_TOKENS: '4000',
      ...{ STREAM_TTL_MS: String(ttlMs), DISCONNECT_GRACE_MS: String(graceMs) },
    },
  })
  let verdict: Verdict
  try {
    verdict = await storm(service, {
      ...{
        seed,
        streams: Number(streams),
        kills: Number(kills),
        everyMs: Number(every),
        maxTokens: 600,
        scripted: true,
        ttlMs,
        graceMs,
        waitForTtl: true,
        say,
      },
    })
  } finally {
    await service.stop()
  }
  const left = service.processes().map(({ pid, command }) => `process ${pid} is left: ${command}`)
  const violations = [...verdict.violations, ...left]
  say(JSON.stringify({ ...verdict, violations }, null, 2))
  const ok = violations.length === 0
  const { kills: killed, streams: ordered, events, unreached } = verdict
  const counted = `${killed} kills, ${ordered} streams, ${events} events, ${unreached} streams unreached for the grace`
  say(`${ok ? 'KEPT' : 'BROKEN'}: ${counted}, ${violations.length} violations`)
  process.exit(ok ? 0 : 1)
}

await new Command('soak')
  .description('random kills, pauses, restarts and partitions over many streams; every event is checked')
  .option('--kills <count>', 'SIGKILLs of APIs, workers, engines and Redis', '300')
  .option('--streams <count>', 'streams at a time', '100')
  .option('--every <ms>', 'mean time between two faults', '1500')
  .action(soak)
  .parseAsync()
