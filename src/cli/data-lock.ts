// One `npm start` per data folder: two Redis servers that append to the same file would destroy it.

import { rmSync } from 'node:fs'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { badDataFolder } from '../data-folder.ts'
import { AppError } from '../errors.ts'
import { runCommand } from './run-command.ts'

export interface DataLock {
  /** Synchronous, so that it can be the last thing a process does. */
  releaseNow(): void
}

/** Throws `bad_setting` while another live process holds the folder, which is there. A lock whose process died is taken over. */
export async function lockData(dataDir: string): Promise<DataLock> {
  const file = join(dataDir, 'start.pid')
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(file)) return { releaseNow: () => rmSync(file, { force: true }) }
    const holder = await readFile(file, 'utf8').catch(() => '')
    if (await isAlive(holder)) {
      throw new AppError(
        'bad_setting',
        `another \`npm start\` (process ${holder.trim()}) runs with the data in ${dataDir}; stop it, or set DATA_DIR and PORT for a second one`,
        { field: 'DATA_DIR' },
      )
    }
    await rm(file, { force: true })
  }
  throw new AppError('bad_setting', `${file} can't be taken over; delete it and start again`, { field: 'DATA_DIR' })
}

/** False when the file is there already. Linking a finished file into place: nobody ever sees a lock without its process id. */
async function create(file: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`
  try {
    await writeFile(draft, `${process.pid}\n`)
    await link(draft, file)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw badDataFolder(dirname(file), thrown as Error)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Process ids come round again after a reboot, so a live process that isn't Node does not count. */
async function isAlive(holder: string): Promise<boolean> {
  const pid = Number(holder)
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
  const { exitCode, output } = await runCommand('ps', ['-p', String(pid), '-o', 'command='])
  return exitCode === 0 ? /\bnode|start/.test(output) : true
}
