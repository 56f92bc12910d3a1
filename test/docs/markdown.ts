// The documents of the repository, and the code blocks in them.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface CodeBlock {
  /** `docs/guide.md:12` */
  place: string
  language: string
  code: string
  /** The test that runs it, where it can't be run beside a service: `<!-- run by: test/... -->` stands before it. */
  runBy: string | null
}

export function documents(): string[] {
  const guides = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md'))
  return ['README.md', ...guides.map((name) => `docs/${name}`)]
}

export function textOf(document: string): string {
  return readFileSync(`${root}${document}`, 'utf8')
}

export function codeBlocks(document: string): CodeBlock[] {
  const blocks = textOf(document).matchAll(/(?:<!-- run by: (\S+) -->\n)?^```(\w+)\n([\s\S]*?)^```$/gm)
  return [...blocks].map(({ 1: runBy = null, 2: language = '', 3: code = '', index, input }) => ({
    ...{ language, code, runBy },
    place: `${document}:${input.slice(0, index).split('\n').length}`,
  }))
}
