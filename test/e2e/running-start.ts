// `npm start` as a user runs it: the real program in its own process group, with its own Redis, ports and data folder.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/cli/free-port.ts'
import { processesWith, type SeenProcess, signal } from '../support/processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface RunningStart {
  child: ChildProcess
  /** Log analysis first, as in PORT. */
  urls: [string, string]
  output(): string
  exitCode: Promise<number | null>
  /** Ctrl-C: the signal goes to the whole group, as from a terminal. */
  interrupt(): void
  /** Processes of the group that still live: pid and command. */
  processes(): SeenProcess[]
  cleanUp(): Promise<void>
}

/** Resolves when it prints `ready`. @param env added to an environment that has little more than PATH */
export async function npmStart(env: NodeJS.ProcessEnv = {}): Promise<RunningStart> {
  const folder = await mkdtemp(join(tmpdir(), 'npm-start-'))
  // Graphs that were built before are used; everything else is this run's own.
  await mkdir(join(root, '.data', 'graphs'), { recursive: true })
  await symlink(join(root, '.data', 'graphs'), join(folder, 'graphs'))
  const ports = [await freePort(), await freePort()] as const
  const marker = `WORKFLOWAI_TEST=${folder}`
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, WORKFLOWAI_TEST: folder },
      ...{ DATA_DIR: folder, PORT: ports.join(',') },
      ...env,
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output += chunk
      if (/^ready /m.test(output)) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', () => reject(new Error(`npm start ended:\n${output}`)))
  })
  const exitCode = once(child, 'exit').then(([code]) => code as number | null)
  const processes = () => processesWith(marker)
  const cleanUp = async () => {
    // Redis writes its title over its environment, so that nothing marks it: who started it has to stop it.
    if (child.exitCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGINT')
      await Promise.race([exitCode, sleep(15_000)])
    }
    for (const { pid } of processes()) signal(pid, 'SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  await ready.catch(async (error) => {
    await cleanUp()
    throw error
  })
  return {
    ...{ child, output: () => output, exitCode, processes, cleanUp },
    urls: [`http://127.0.0.1:${ports[0]}`, `http://127.0.0.1:${ports[1]}`],
    interrupt: () => process.kill(-child.pid!, 'SIGINT'),
  }
}
