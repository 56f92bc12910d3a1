// Cases written as Markdown, one or many a file:
//
//   ---
//   category: network            front matter of a file: for all its cases; all of it optional
//   tags: proxy, npm
//   ---
//   # The registry cannot be reached        the title: a heading of the first level begins a case
//   Signature: npm/network: ...             optional, as an analysis prints it
//   ## Symptoms                             what the log says, a line each; also as a code block
//   ## Cause
//   ## Fixes                                list items; a command in `backticks` at the end, (risk: medium) behind it
//   ## Links                                list items: [title](https://...)
//   ## Note                                 optional

import { AppError } from '../errors.ts'

const listed = /^\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)$/
const sections = ['symptoms', 'cause', 'fixes', 'links', 'note'] as const
type Section = (typeof sections)[number]

interface Draft {
  title: string
  signature?: string
  lines: Record<Section, string[]>
}

/**
 * The cases as `POST /knowledge` takes them; still to be validated.
 * @throws AppError `invalid_request` that names the line
 */
export function casesOfMarkdown(markdown: string): unknown[] {
  const lines = markdown.replaceAll('\r\n', '\n').split('\n')
  const { front, bodyStart } = frontMatter(lines)
  const drafts: Draft[] = []
  let section: Section | null = null
  let inCode = false
  for (const [index, line] of lines.entries()) {
    if (index < bodyStart) continue
    const draft = drafts.at(-1)
    if (/^\s*```/.test(line)) {
      inCode = !inCode
      continue
    }
    const heading = inCode ? null : /^(#{1,6})\s+(.+?)\s*#*\s*$/.exec(line)
    if (heading?.[1] === '#') {
      drafts.push({ title: heading[2]!, lines: { symptoms: [], cause: [], fixes: [], links: [], note: [] } })
      section = null
    } else if (heading?.[1] === '##') {
      section = sectionOf(heading[2]!, index)
    } else if (draft && section) {
      draft.lines[section].push(line)
    } else if (draft && /^signature:/i.test(line)) {
      draft.signature = line.slice('signature:'.length).trim()
    } else if (line.trim() !== '') {
      throw wrongLine(index, line, draft ? '"Signature: ..." or a "## Symptoms" heading' : 'a "# Title" heading')
    }
  }
  if (drafts.length === 0) throw wrongLine(0, lines[0] ?? '', 'a "# Title" heading for each case')
  return drafts.map((draft) => toInput(draft, front))
}

function frontMatter(lines: string[]): { front: Record<string, string>; bodyStart: number } {
  if (lines[0]?.trim() !== '---') return { front: {}, bodyStart: 0 }
  const end = lines.findIndex((line, index) => index > 0 && line.trim() === '---')
  if (end === -1) throw wrongLine(0, lines[0], 'front matter that a second "---" ends')
  const front: Record<string, string> = {}
  for (let index = 1; index < end; index++) {
    const entry = /^(category|tags):\s*(.*?)\s*$/.exec(lines[index]!)
    if (entry) front[entry[1]!] = entry[2]!
    else if (lines[index]!.trim() !== '') throw wrongLine(index, lines[index]!, '"category: ..." or "tags: a, b"')
  }
  return { front, bodyStart: end + 1 }
}

function sectionOf(name: string, index: number): Section {
  const section = sections.find((each) => each === name.toLowerCase())
  if (section) return section
  throw wrongLine(index, `## ${name}`, sections.map((each) => `"## ${each}"`).join(', '))
}

function toInput({ title, signature, lines }: Draft, front: Record<string, string>): unknown {
  const tags = (front.tags ?? '').replace(/^\[|\]$/g, '').split(',')
  const note = text(lines.note)
  return {
    title,
    ...(signature !== undefined && { signature }),
    text: lines.symptoms
      .map((line) => (listed.exec(line)?.[1] ?? line).trim())
      .filter((line) => line !== '')
      .join('\n'),
    ...(front.category !== undefined && { category: front.category }),
    cause: text(lines.cause),
    fixes: items(lines.fixes).map(toFix),
    links: items(lines.links).map(toLink),
    tags: tags.map((tag) => tag.trim()).filter((tag) => tag !== ''),
    ...(note !== '' && { note }),
  }
}

const text = (lines: string[]) => lines.join('\n').trim()

/** List items, each with the lines that go on with it. */
function items(lines: string[]): string[] {
  const found: string[] = []
  for (const line of lines) {
    const item = listed.exec(line)
    if (item) found.push(item[1]!.trim())
    else if (line.trim() !== '') found.push(`${found.pop() ?? ''} ${line.trim()}`.trim())
  }
  return found
}

function toFix(item: string): unknown {
  const risk = /\s*\(risk:\s*(\w+)\)\s*$/i.exec(item)
  const rest = risk ? item.slice(0, risk.index) : item
  const command = /\s*`([^`]+)`\s*\.?\s*$/.exec(rest)
  const action = command ? rest.slice(0, command.index) : rest
  return {
    action: action.replace(/:\s*$/, '.') || command?.[1],
    ...(command && { command: command[1] }),
    ...(risk && { risk: risk[1]!.toLowerCase() }),
  }
}

function toLink(item: string): unknown {
  const link = /^\[([^\]]+)\]\((\S+)\)/.exec(item)
  return link ? { title: link[1], url: link[2] } : { title: item, url: item }
}

function wrongLine(index: number, line: string, allowed: string): AppError {
  const message = `line ${index + 1} of the Markdown is ${JSON.stringify(line.slice(0, 60))}; allowed there: ${allowed}`
  return new AppError('invalid_request', message, { field: 'body' })
}
