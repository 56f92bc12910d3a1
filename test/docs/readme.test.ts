import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { routeDocs } from '../../src/api/route-docs.ts'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

describe('the README', () => {
  it('lists the settings as they are; npm run docs writes them', async () => {
    await run(process.execPath, ['--import', 'tsx', 'scripts/settings-table.ts', '--check'])
  })

  it('has a curl line for every route', () => {
    for (const { path } of routeDocs.filter(({ tag }) => tag !== 'Pages')) {
      expect(readme).toMatch(new RegExp(`curl[^\\n]*http://localhost:\\d+${path.replace(/[:*]id/, '[^/ ]+')}[ \\n]`))
    }
  })

  it('names only npm scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    const named = [...readme.matchAll(/\bnpm (?:run ([a-z]+)|(start|test))\b/g)].map(([, run, own]) => run ?? own)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => scripts[name ?? ''] === undefined)).toEqual([])
  })

  it('opens with the two commands', () => {
    expect(/```sh\n([\s\S]*?)```/.exec(readme)?.[1]).toMatch(/^npm start .*\nnpm test .*\n$/)
  })
})
