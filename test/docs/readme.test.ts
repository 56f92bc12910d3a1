import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { routeDocs } from '../../src/api/route-docs.ts'
import { codeBlocks, documents, textOf } from './markdown.ts'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

describe('the README', () => {
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

  it('says where each block is run that does not run beside a service', () => {
    for (const { place, runBy } of documents().flatMap(codeBlocks)) {
      if (runBy !== null)
        expect(existsSync(new URL(`../../${runBy}`, import.meta.url)), `${place}: ${runBy}`).toBe(true)
    }
  })

  it('names only test files that are there as commands', () => {
    const files = [...readme.matchAll(/\bvitest run (\S+?)`/g)].map(([, file]) => file ?? '')
    expect(files.length).toBeGreaterThan(3)
    expect(files.filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([])
  })

  it('opens with the two commands', () => {
    expect(/```sh\n([\s\S]*?)```/.exec(readme)?.[1]).toMatch(/^npm start .*\nnpm test .*\n$/)
  })
})

describe('the page of settings', () => {
  it('lists them as they are; npm run docs writes it', async () => {
    await run(process.execPath, ['--import', 'tsx', 'scripts/settings-table.ts', '--check'])
  })
})

describe('the page of messages', () => {
  it('names only messages that the program writes', async () => {
    const titles = [...textOf('docs/troubleshooting.md').matchAll(/^### `([^`]+)`$/gm)].map(([, title]) => title ?? '')
    expect(titles.length).toBeGreaterThan(10)
    const { stdout } = await run('grep', ['-rhF', ...titles.flatMap((title) => ['-e', title]), 'src', 'scripts'])
    expect(titles.filter((title) => !stdout.includes(title))).toEqual([])
  })
})
