// The README's part with the figures: between two markers, written by `npm run bench -- --write` only.

import { readFileSync, writeFileSync } from 'node:fs'

const readme = new URL('../README.md', import.meta.url)

export function writeReadmePart(markdown: string): void {
  const text = readFileSync(readme, 'utf8')
  const [open, close] = ['<!-- bench -->\n', '<!-- /bench -->']
  const [from, to] = [text.indexOf(open), text.indexOf(close)]
  if (from === -1 || to < from) throw new Error(`README.md has no ${open.trim()} ... ${close}`)
  writeFileSync(readme, `${text.slice(0, from + open.length)}\n${markdown}\n\n${text.slice(to)}`)
}
