// `npm run docs`: writes the table of docs/settings.md from the schema. With --check it only says whether it is current.

import { readFileSync, writeFileSync } from 'node:fs'
import { settingsTable } from '../src/settings.ts'

const file = new URL('../docs/settings.md', import.meta.url)
const text = readFileSync(file, 'utf8')
const rows = settingsTable().map(({ name, default: fallback, meaning }) => `| ${name} | ${fallback} | ${meaning} |`)
const table = ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n')
const current = text.replace(
  /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/,
  (_, open: string, close: string) => `${open}${table}\n${close}`,
)

if (process.argv.includes('--check')) process.exit(current === text ? 0 : 1)
writeFileSync(file, current)
