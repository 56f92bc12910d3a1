// `npm run docs`: writes the README's table of settings from the schema. With --check it only says whether it is current.

import { readFileSync, writeFileSync } from 'node:fs'
import { settingsTable } from '../src/settings.ts'

const file = new URL('../README.md', import.meta.url)
const readme = readFileSync(file, 'utf8')
const rows = settingsTable().map(({ name, default: fallback, meaning }) => `| ${name} | ${fallback} | ${meaning} |`)
const table = ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n')
const current = readme.replace(
  /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/,
  (_, open: string, close: string) => `${open}${table}\n${close}`,
)

if (process.argv.includes('--check')) process.exit(current === readme ? 0 : 1)
writeFileSync(file, current)
