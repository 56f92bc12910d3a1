import { beforeEach, describe, expect, it } from 'vitest'
import { FleetCounts, fleetMetricsText } from '../../src/stream/fleet-metrics.ts'
import { WorkerRegistry } from '../../src/stream/worker-registry.ts'
import { keys, type Stack } from './stack.ts'
import { useStack } from './use-stack.ts'

let stack: Stack
useStack((opened) => {
  stack = opened
})
beforeEach(() => stack.redis.flushall())

describe('what a worker has counted', () => {
  it('is kept while Redis refuses it, and counted once', async () => {
    const counts = new FleetCounts()
    counts.add('recoveries_total', 5)
    counts.add('generation_tokens_total', 7)
    await stack.redis.hset(keys.metrics, 'recoveries_total', 'no number')
    await expect(counts.flush(stack.redis, keys)).rejects.toThrow('not a float')
    await stack.redis.del(keys.metrics)
    await counts.flush(stack.redis, keys)
    expect(await stack.redis.hgetall(keys.metrics)).toEqual({ recoveries_total: '5' })
  })

  it('is counted anew where its key holds something else', async () => {
    await stack.redis.set(keys.metrics, 'text')
    const text = await stack.shared.use(null, () => fleetMetricsText(stack.redis, keys))
    expect(text).toContain('workflowai:generation_tokens_total 0')
    expect(stack.dropped).toEqual([keys.metrics])
  })
})

it('a heartbeat that Redis refuses is not taken for sent', async () => {
  await stack.redis.set(keys.workerInfo, 'text')
  const info = { id: 'worker_a' } as Parameters<WorkerRegistry['beat']>[0]
  await expect(new WorkerRegistry(stack.redis, keys).beat(info)).rejects.toThrow('WRONGTYPE')
})
