import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { settingsTable } from '../src/settings.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

test("the README's table of settings is the one that the program checks", () => {
  const table = /<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/.exec(readme)?.[1]
  const rows = settingsTable().map((row) => `| ${row.name} | ${row.default} | ${row.meaning} |`)
  expect(table).toBe(['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n'))
})

test('every npm script that the README names is there', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  const named = [...readme.matchAll(/\bnpm (?:run ([a-z]+)|(start|test))\b/g)].map(([, run, own]) => run ?? own)
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((name) => scripts[name ?? ''] === undefined)).toEqual([])
})
