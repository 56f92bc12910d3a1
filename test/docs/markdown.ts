// The documents of the repository, and the code blocks in them.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

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

/** The files that the blocks speak of, as a reader of the documents would have them. */
export function writeExampleFiles(folder: string): void {
  const log = 'cc -c app.c\napp.c:3:1: error: expected declaration before end of input\nmake: *** [app.o] Error 1\n'
  writeFileSync(`${folder}/build.log`, log)
  writeFileSync(`${folder}/build.log.gz`, gzipSync(log))
}
