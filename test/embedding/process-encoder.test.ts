import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommand } from '../../src/cli/run-command.ts'
import { ProcessEncoder } from '../../src/embedding/process-encoder.ts'
import { wrongSetupExitCode } from '../../src/process-main.ts'
import { temporaryFolder } from '../inference/model/tiny-models.ts'
import { writeTinyEncoder } from './tiny-encoder.ts'

let folder: ReturnType<typeof temporaryFolder>
let deaths: string[]
let encoder: ProcessEncoder | null
beforeEach(() => {
  folder = temporaryFolder()
  deaths = []
  encoder = null
})
afterEach(async () => {
  await encoder?.close()
  folder.remove()
})

async function start(model = writeTinyEncoder(join(folder.path, 'tiny'))): Promise<ProcessEncoder> {
  const onDeath = (message: string) => void deaths.push(message)
  encoder = await ProcessEncoder.start({ model, dataDir: folder.path, onDeath })
  return encoder
}

describe('the embedding process', { timeout: 30_000 }, () => {
  it('embeds, and is replaced when it dies: what it was asked for fails, what comes later does not', async () => {
    const one = await start()
    expect(one.info).toMatchObject({ model: 'tiny', dimensions: 24, maxTokens: 16 })
    const ids = await one.tokenize(['boiler'])
    const [before] = await one.encode(ids)
    const pid = one.pid!
    // A stopped process answers nothing, so the call is open when it dies.
    process.kill(pid, 'SIGSTOP')
    const open = one.encode(ids)
    const failed = expect(open).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 })
    process.kill(pid, 'SIGKILL')
    await failed
    expect(deaths).toEqual([expect.stringContaining('SIGKILL')])
    await expect(one.encode(ids)).rejects.toMatchObject({ code: 'unavailable' })
    await vi.waitFor(async () => expect(await one.encode(ids)).toEqual([before]), { timeout: 20_000 })
    expect(one.pid).not.toBe(pid)
  })

  it('says why a model can not be used, and leaves no process', async () => {
    await expect(start(folder.path)).rejects.toMatchObject({
      code: 'bad_model',
      message: expect.stringContaining('has no config.json'),
    })
    expect(deaths).toEqual([])
  })

  it('keeps an API from starting when EMBEDDING_MODEL names nothing, with one line', async () => {
    const main = fileURLToPath(new URL('../../src/api/main.ts', import.meta.url))
    const env = { ...process.env, EMBEDDING_MODEL: '/nowhere', REDIS_URL: 'redis://127.0.0.1:1' }
    const { exitCode, output } = await runCommand(process.execPath, ['--import', 'tsx', main], {
      env,
      timeoutMs: 25_000,
    })
    expect(output).toMatch(/^error: there is no model \/nowhere: .*\n$/)
    expect(exitCode).toBe(wrongSetupExitCode)
  })

  it('tells who waits that it is closed', async () => {
    const one = await start()
    process.kill(one.pid!, 'SIGSTOP')
    const open = expect(one.tokenize(['boiler'])).rejects.toMatchObject({ code: 'unavailable' })
    await one.close()
    await open
    expect(deaths).toEqual([])
  })
})
