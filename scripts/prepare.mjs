// Runs before every npm script of a fresh clone, with nothing but Node: checks the version of Node and installs the
// dependencies when they are missing or differ from the lockfile. Plain JavaScript without imports from node_modules.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

checkNode()
if (!dependenciesMatch()) await installDependencies()

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(`Node ${process.versions.node} is too old: 20.19 or later is needed (https://nodejs.org)`)
}

/** npm writes what it installed to a lockfile of its own, last of all: a half-finished install has none. */
function dependenciesMatch() {
  const wanted = packagesOf('package-lock.json')
  const installed = packagesOf('node_modules/.package-lock.json')
  if (wanted === null || installed === null) return false
  return Object.entries(wanted).every(
    // Optional packages are for other systems, most of them.
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  )
}

/** @returns {Record<string, { version?: string, optional?: boolean }> | null} null when the file is missing or no JSON */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(`${root}${file}`, 'utf8')).packages
  } catch {
    return null
  }
}

async function installDependencies() {
  process.stderr.write('Installing the dependencies (npm ci); the first time takes a minute or two ...\n')
  // The npm that runs this script, so that both are the same version.
  const npm = process.env.npm_execpath
  const [file, ...args] = npm?.endsWith('.js') ? [process.execPath, npm, 'ci'] : ['npm', 'ci']
  const startedAt = Date.now()
  const child = spawn(file, [...args, '--include=dev'], {
    cwd: root,
    stdio: 'inherit',
    // Its install script would download CUDA; the CPU library is in the package.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  })
  // npm says nothing until it is done.
  const sign = setInterval(() => {
    process.stderr.write(`  still installing (${Math.round((Date.now() - startedAt) / 1000)} s)\n`)
  }, 10_000)
  const problem = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code === 0 ? null : `ended with ${signal ?? code}`))
  })
  clearInterval(sign)
  if (problem === null) return
  fail(
    `the dependencies could not be installed (npm ci ${problem}); ` +
      'npm says why above. Is the package registry reachable from here?',
  )
}

function fail(message) {
  process.stderr.write(`error: ${message}\n`)
  process.exit(1)
}
