// A real Chromium for tests: whether one is there, and how it is started.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const places = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

function findChromium(): string | null {
  const named = process.env.CHROMIUM ? [process.env.CHROMIUM] : []
  const onPath = (process.env.PATH ?? '').split(':').flatMap((folder) => names.map((name) => join(folder, name)))
  return [...named, ...onPath, ...places].find((file) => existsSync(file)) ?? null
}

const executablePath = findChromium()

/** Why pages can't be tested here, or null. Tests skip with it as their note. */
export const noChromium: string | null =
  executablePath === null ? `no Chromium was found (${names.join(', ')} on the PATH, or CHROMIUM=/path/to/it)` : null

export function startBrowser(): Promise<Browser> {
  // Its own look-ups at every start would be requests to elsewhere; containers have no user namespaces for its sandbox.
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
  return chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox', '--disable-quic', ...quiet] })
}
