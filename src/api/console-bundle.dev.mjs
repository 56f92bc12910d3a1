// Builds the console's files: scripts, styles and HTML. In memory while the sources run as they are; into a
// folder, given as an argument, when the program is built.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('../console/', import.meta.url))

/** @returns {Promise<Map<string, Uint8Array>>} contents by file name */
export async function bundleConsole() {
  const { outputFiles } = await build({
    entryPoints: ['main.ts', 'docs.ts', 'log-thread.ts'].map((name) => join(here, name)),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    outdir: here,
    logLevel: 'error',
  })
  const scripts = outputFiles.map(({ path, contents }) => [path.slice(here.length), contents])
  const plain = ['index.html', 'docs.html', 'console.css', 'docs.css', 'icon.svg'].map(async (name) => [
    name,
    await readFile(join(here, name)),
  ])
  return new Map([...scripts, ...(await Promise.all(plain))])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2]
  if (folder === undefined) throw new Error('usage: console-bundle.dev.mjs FOLDER')
  await mkdir(folder, { recursive: true })
  for (const [name, contents] of await bundleConsole()) await writeFile(join(folder, name), contents)
}
