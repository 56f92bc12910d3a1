// More than one Redis: a primary with a replica and three Sentinels, or a Cluster of three with a replica. Real processes on free ports.
// They need the server program: containers would tell their clients addresses that only other containers know.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { vi } from 'vitest'
import { freePort } from '../../src/cli/free-port.ts'
import { findRedisBinary } from '../../src/cli/redis-binary.ts'
import { redisKeeper } from '../../src/cli/redis-process.ts'
import { keysOf } from '../../src/stream/keys.ts'
import { startTestRedis, type TestRedis, untilReady } from './redis.ts'

export const { binary: redisProgram } = await findRedisBinary(process.env.PATH ?? '')

export interface TestTopology {
  url: string
  stop(): Promise<void>
}

export interface TestSentinels extends TestTopology {
  killPrimary(): Promise<void>
}

const patience = { timeout: 20_000, interval: 50 }

export async function startTestSentinels(): Promise<TestSentinels> {
  const primary = await startTestRedis()
  const replica = await startTestRedis({ config: { replicaof: `127.0.0.1 ${primary.port}` } })
  await vi.waitUntil(async () => (await ask(primary.port, 'INFO', 'replication')).includes('state=online'), patience)
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(primary.port)))
  for (const { port } of sentinels) {
    await vi.waitUntil(async () => {
      const facts = (await ask(port, 'SENTINEL', 'MASTER', 'main')).split(',')
      const value = (name: string) => facts[facts.indexOf(name) + 1]
      return value('num-slaves') === '1' && value('num-other-sentinels') === '2'
    }, patience)
  }
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/main/0`,
    killPrimary: () => primary.kill(),
    stop: async () => {
      await Promise.all(sentinels.map(({ stop }) => stop()))
      await Promise.all([primary.stop(), replica.stop()])
    },
  }
}

async function startSentinel(primaryPort: number): Promise<{ port: number; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'test-sentinel-'))
  const port = await freePort()
  const config = join(folder, 'sentinel.conf')
  await symlink(redisProgram!.file, join(folder, 'redis-sentinel'))
  await writeFile(
    config,
    [
      ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor main 127.0.0.1 ${primaryPort} 2`],
      ...['sentinel down-after-milliseconds main 1000', 'sentinel failover-timeout main 5000'],
    ].join('\n'),
  )
  const command = [join(folder, 'redis-sentinel'), config, '--sentinel']
  const child: ChildProcess = spawn('sh', ['-c', redisKeeper, 'redis', ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin?.on('error', () => {}) // It may end before us.
  const pid = await untilReady('127.0.0.1', port)
  return {
    port,
    stop: async () => {
      const ended = once(child, 'exit')
      process.kill(pid, 'SIGKILL')
      await ended
      child.stdin?.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface TestCluster extends TestTopology {
  /** SIGKILL for the node that has the service's keys. */
  killOwner(): Promise<void>
}

/** Three nodes share the slots; a fourth has the keys of the service's node a second time. */
export async function startTestCluster(): Promise<TestCluster> {
  const nodes = await Promise.all([1, 2, 3, 4].map(startClusterNode))
  const [first, second, third, replica] = nodes as [ClusterNode, ClusterNode, ClusterNode, ClusterNode]
  const owners = [first, second, third]
  for (const [index, range] of [
    [0, 5460],
    [5461, 10_922],
    [10_923, 16_383],
  ].entries()) {
    const { port } = owners[index]!.redis
    await ask(port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
    await ask(port, 'CLUSTER', 'ADDSLOTSRANGE', ...range.map(String))
  }
  for (const { redis, busPort } of nodes.slice(1)) {
    await ask(first.redis.port, 'CLUSTER', 'MEET', '127.0.0.1', String(redis.port), busPort)
  }
  for (const { redis } of nodes) {
    await vi.waitUntil(async () => {
      const facts = await ask(redis.port, 'CLUSTER', 'INFO')
      return facts.includes('cluster_state:ok') && facts.includes('cluster_known_nodes:4')
    }, patience)
  }
  const slot = Number(await ask(first.redis.port, 'CLUSTER', 'KEYSLOT', keysOf().channel('any')))
  const owner = owners[Math.floor(slot / 5461)]!.redis
  await ask(replica.redis.port, 'CLUSTER', 'REPLICATE', await ask(owner.port, 'CLUSTER', 'MYID'))
  await vi.waitUntil(
    async () => (await ask(replica.redis.port, 'INFO', 'replication')).includes('master_link_status:up'),
    patience,
  )
  return {
    url: `redis+cluster://${nodes.map(({ redis }) => `127.0.0.1:${redis.port}`).join(',')}`,
    killOwner: () => owner.kill(),
    stop: async () => {
      await Promise.all(nodes.map(({ redis }) => redis.stop()))
    },
  }
}

interface ClusterNode {
  busPort: string
  redis: TestRedis
}

async function startClusterNode(): Promise<ClusterNode> {
  // By itself the nodes' own port would be 10,000 above the other, which may be none.
  const busPort = String(await freePort())
  const config = { 'cluster-enabled': 'yes', 'cluster-port': busPort, 'cluster-node-timeout': '2000' }
  return { busPort, redis: await startTestRedis({ config }) }
}

async function ask(port: number, command: string, ...args: string[]): Promise<string> {
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 1, enableReadyCheck: false })
  try {
    return String(await client.call(command, ...args))
  } finally {
    client.disconnect()
  }
}
