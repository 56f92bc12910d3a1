import { fork, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { EngineSettings } from '../../src/inference/engine-messages.ts'
import { type EngineCrash, ProcessEngine } from '../../src/inference/process-engine.ts'
import { embeddedTokenizer as tokenizer } from '../tokenizer/embedded-tokenizer.ts'
import { EngineClient, requestFor } from './engine-client.ts'
import { engineContract } from './engine-contract.ts'

const settings: EngineSettings = {
  model: 'scripted:',
  precision: 'float32',
  slots: 8,
  threads: 1,
  maxContext: 512,
  dataDir: '.data',
}

engineContract('the engine in a child process', {
  // Slow enough that requests sent together also run together.
  open: () => ProcessEngine.start({ settings: { ...settings, model: 'scripted:400' } }),
  tokenizer,
  real: false,
  exact: true,
  randomRequests: 100,
})

describe('the engine process', { timeout: 30_000 }, () => {
  const slow = () => ProcessEngine.start({ settings: { ...settings, model: 'scripted:50' } })
  /** A process that nobody has waited for yet ("Z") has ended too; one whose parent was killed waits for init. */
  const alive = (pid: number) => {
    const found = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
    return found !== '' && !found.startsWith('Z')
  }
  const exists = (pid: number) => spawnSync('ps', ['-p', String(pid)]).status === 0

  it('is replaced when it dies, and its sequences are reported as lost, not ended', async () => {
    const engine = await slow()
    const client = new EngineClient(engine)
    const crashes: EngineCrash[] = []
    engine.onCrash((crash) => crashes.push(crash))
    const requests = ['a', 'b'].map((text) => requestFor(text, { maxTokens: 300 }))
    await new Promise<void>((resolve) => {
      client.onToken(() => resolve())
      for (const request of requests) void client.generate(request)
    })
    const pid = engine.pid!
    const before = engine.stats()
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(crashes).toHaveLength(1), 20_000)
    expect(crashes[0]).toMatchObject({
      lost: requests.map(({ id }) => id),
      message: expect.stringContaining('SIGKILL'),
    })
    expect(exists(pid)).toBe(false)
    // Submitted before the new child is ready; the id of a lost sequence may come again.
    const steps = client.steps.length
    const again = client.generate({ ...requests[0]!, maxTokens: 3 })
    expect((await again).ids).toHaveLength(3)
    expect(
      client.steps
        .slice(steps)
        .flat()
        .every(({ id }) => id === requests[0]!.id),
    ).toBe(true)
    expect(engine.stats().steps).toBeGreaterThan(before.steps)
    expect(engine.pid).not.toBe(pid)
    await engine.close()
  })

  it('puts the youngest sequence back to wait where all hold more than they may, which changes no token', async () => {
    const requests = ['a', 'b', 'c'].map((text) => requestFor(text, { maxTokens: 60, ignoreEos: true }))
    const idsWith = async (kvTokens?: number) => {
      const engine = await ProcessEngine.start({ settings: { ...settings, ...(kvTokens && { kvTokens }) } })
      const client = new EngineClient(engine)
      const results = await Promise.all(requests.map((request) => client.generate(request)))
      const { preemptions } = engine.stats()
      await engine.close()
      return { ids: results.map(({ ids }) => ids), preemptions }
    }
    const [free, bounded] = [await idsWith(), await idsWith(120)]
    expect([free.preemptions, bounded.preemptions > 0]).toEqual([0, true])
    expect(bounded.ids).toEqual(free.ids)
  })

  it('is replaced when it makes no step for too long, and is left alone while it has nothing to do', async () => {
    const engine = await ProcessEngine.start({ settings: { ...settings, model: 'scripted:50' }, silenceMs: 1000 })
    const client = new EngineClient(engine)
    const crashes: EngineCrash[] = []
    engine.onCrash((crash) => crashes.push(crash))
    await sleep(1500)
    expect(crashes).toEqual([])
    const request = requestFor('a', { maxTokens: 300 })
    const begun = new Promise<void>((resolve) => client.onToken(() => resolve()))
    void client.generate(request)
    await begun
    process.kill(engine.pid!, 'SIGSTOP')
    await vi.waitFor(() => expect(crashes).toHaveLength(1), 10_000)
    expect(crashes[0]).toMatchObject({ lost: [request.id], message: expect.stringContaining('no step for 1 s') })
    expect((await client.generate({ ...request, maxTokens: 3 })).ids).toHaveLength(3)
    await engine.close()
  })

  it('leaves signals of its group to the parent, and exits when it is closed', async () => {
    const engine = await slow()
    const client = new EngineClient(engine)
    const pid = engine.pid!
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal)
    expect((await client.generate(requestFor('a', { maxTokens: 5 }))).ids).toHaveLength(5)
    await engine.close()
    expect(exists(pid)).toBe(false)
    expect(engine.pid).toBeNull()
  })

  it.runIf(process.platform === 'linux')('asks for large pages, unless somebody has set that otherwise', async () => {
    const tunables = async () => {
      const engine = await slow()
      const environment = readFileSync(`/proc/${engine.pid}/environ`, 'utf8').split('\0')
      await engine.close()
      return environment.filter((entry) => entry.includes('hugetlb'))
    }
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv('GLIBC_TUNABLES', undefined)
    expect(await tunables()).toEqual(['GLIBC_TUNABLES=glibc.malloc.hugetlb=1'])
    vi.stubEnv('GLIBC_TUNABLES', 'glibc.malloc.hugetlb=0')
    expect(await tunables()).toEqual(['GLIBC_TUNABLES=glibc.malloc.hugetlb=0'])
  })

  it('exits when its parent is killed', async () => {
    const parent = fork(new URL('engine-parent.ts', import.meta.url).pathname, [], {
      execArgv: ['--import', import.meta.resolve('tsx')],
    })
    const pid = await new Promise<number>((resolve) => parent.once('message', (message) => resolve(Number(message))))
    expect(alive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 5000 })
  })

  it('rejects a model that cannot be opened, with the reason', async () => {
    const model = '/nowhere/model.gguf'
    await expect(ProcessEngine.start({ settings: { ...settings, model } })).rejects.toMatchObject({
      message: expect.stringContaining(model),
    })
  })
})
