// The console's files as they are served: built once from the sources in development, read from beside the compiled
// program otherwise.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

let files: Promise<Map<string, Uint8Array>> | null = null

/** Contents by file name. @throws when the files were not built */
export function consoleFiles(): Promise<Map<string, Uint8Array>> {
  files ??= import.meta.url.endsWith('.ts') ? fromSources() : fromFolder()
  return files
}

async function fromSources(): Promise<Map<string, Uint8Array>> {
  // By its address: the compiled program has no such module, and no bundler either.
  const bundler = new URL('./console-bundle.dev.mjs', import.meta.url).href
  const { bundleConsole } = (await import(bundler)) as { bundleConsole(): Promise<Map<string, Uint8Array>> }
  return bundleConsole()
}

async function fromFolder(): Promise<Map<string, Uint8Array>> {
  const folder = fileURLToPath(new URL('../console', import.meta.url))
  const names = await readdir(folder)
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)))
}
