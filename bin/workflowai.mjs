#!/usr/bin/env node
// The command, compiled in a package, or as it is written in a clone, whose dependencies it then installs first.

import { existsSync } from 'node:fs'

const sources = new URL('../src/cli/workflowai.ts', import.meta.url)
if (existsSync(sources)) {
  await import('../scripts/prepare.mjs')
  const { register } = await import('tsx/esm/api')
  register()
  await import(sources.href)
} else {
  await import('../dist/cli/workflowai.js')
}
