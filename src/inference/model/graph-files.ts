// Built graphs on disk: DATA_DIR/graphs/<name>-<precision>-<key>/ with the graph, its weights and a manifest. A folder is
// written under another name and renamed when it is complete, so one under its own name is complete; it is checked all
// the same before it is trusted.

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { makeDataFolder } from '../../data-folder.ts'
import { sha256 } from '../../tokenizer/checksums.ts'

export const GRAPH_FILE = 'graph.onnx'
/** Of int8 models: the graph for prompts, and what the steps of their keys stand for. */
export const PROMPTS_FILE = 'prompts.onnx'
export const SCALES_FILE = 'cache-scales.bin'
export const WEIGHTS_FILE = 'weights.bin'
const MANIFEST_FILE = 'manifest.json'
const BUILDING = '.building-'
const ABANDONED_AFTER_MS = 3_600_000

const fileSchema = z.object({ name: z.string(), bytes: z.int(), sha256: z.string() })
const manifestSchema = z.object({ key: z.string(), files: z.array(fileSchema) })
type Manifest = z.infer<typeof manifestSchema>

/** The folder of a key if it is there and as its manifest says: sizes of all files, content of the small ones. */
export async function findBuilt(folder: string, key: string): Promise<string | null> {
  const manifest = readManifest(folder)
  if (manifest?.key !== key) return null
  for (const { name, bytes } of manifest.files) {
    if (statSync(join(folder, name), { throwIfNoEntry: false })?.size !== bytes) return null
  }
  if (!manifest.files.some(({ name }) => name === GRAPH_FILE)) return null
  for (const file of manifest.files) {
    if (file.name !== WEIGHTS_FILE && (await sha256(join(folder, file.name))) !== file.sha256) return null
  }
  return folder
}

/** An empty folder beside the finished ones. Its name says who is building, so that others can clean up after a crash. */
export function startFolder(graphsDir: string): string {
  makeDataFolder(graphsDir)
  removeAbandoned(graphsDir)
  const folder = join(graphsDir, `${BUILDING}${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(folder)
  return folder
}

/** Writes the manifest and gives the folder its name. Where another process was faster, its folder stays. */
export async function finishFolder(building: string, folder: string, key: string): Promise<void> {
  const files = await Promise.all(
    readdirSync(building).map(async (name) => {
      const path = join(building, name)
      return { name, bytes: statSync(path).size, sha256: await sha256(path) }
    }),
  )
  const manifest: Manifest = { key, files }
  writeFileSync(join(building, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true })
  if ((await findBuilt(folder, key)) === null) rmSync(folder, { recursive: true, force: true })
  try {
    renameSync(building, folder)
  } catch (error) {
    // Renaming over a folder that has content fails: someone else finished in this moment.
    if ((await findBuilt(folder, key)) === null) throw error
    rmSync(building, { recursive: true, force: true })
  }
}

/** Stable for the same parts, different for any other. */
export function keyOf(parts: Record<string, unknown>): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

function readManifest(folder: string): Manifest | null {
  const path = join(folder, MANIFEST_FILE)
  if (!existsSync(path)) return null
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // A damaged manifest is like none: the graph is built again.
    return null
  }
}

function removeAbandoned(graphsDir: string): void {
  for (const name of readdirSync(graphsDir)) {
    if (!name.startsWith(BUILDING)) continue
    const path = join(graphsDir, name)
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    const [, host, pid] = name.match(/^[.]building-(.+)-(\d+)-[0-9a-f]+$/) ?? []
    const ownerDied = host === hostname() && !isAlive(Number(pid))
    if (ownerDied || age > ABANDONED_AFTER_MS) rmSync(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
