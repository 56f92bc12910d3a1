// The pack: the lines worth a model's context, in their order, with their numbers, gaps marked:
//
//   [... 119 lines omitted, 1-119 ...]
//   120: src/cart.c:42:9: error: 'total' undeclared
//
// Lines are taken by priority until the token budget is full: failing ranges, the tail, the head, then what surrounds
// them. Costs are counted with the real tokenizer; the finished text is counted once more.

import type { EvidenceRange } from './evidence.ts'
import type { LineStore } from './line-store.ts'
import { packPriorities } from './pack-priorities.ts'
import { maxPackBytes } from './reduced-log.ts'

interface PackInput {
  lines: LineStore
  ranges: EvidenceRange[]
  /** Indexes of the anchors, best first. */
  anchorIndexes: number[]
  /** Template id of every line. */
  templateIds: Uint32Array
  budgetTokens: number
  countTokens: (text: string) => number
}

interface Pack {
  text: string
  tokens: number
  /** Original lines whose text is in the pack. */
  linesSent: number
  /** Whether every line is there, uncut. */
  whole: boolean
}

/** Characters shown of a line: more of a failing one. */
const maxAnchorLine = 480
const maxContextLine = 240

/** A log can't fit when it has more bytes than this for each token; counting it would cost time for nothing. */
const maxBytesPerToken = 10

const maxNumberBytes = 12
const maxGapBytes = 64

/** Stops looking for small lines after this many in a row were too big for what is left. */
const maxMisses = 40

export function packLines(input: PackInput): Pack {
  return wholePack(input) ?? selectedPack(input)
}

/** Every line as it is, if the budget allows. */
function wholePack({ lines, budgetTokens, countTokens }: PackInput): Pack | null {
  const most = Math.min(maxPackBytes, budgetTokens * maxBytesPerToken)
  const parts: string[] = []
  let bytes = 0
  for (let index = 0; index < lines.length; index++) {
    const body = lines.body(index)
    const part = `${index + 1}: ${body}`
    bytes += Buffer.byteLength(part) + 1
    if (bytes > most) return null
    if (body.trim() !== '') parts.push(part)
  }
  const text = parts.join('\n')
  const tokens = countTokens(text)
  return tokens <= budgetTokens ? { text, tokens, linesSent: lines.length, whole: true } : null
}

function selectedPack(input: PackInput): Pack {
  const chosen = chooseLines(input)
  // Sums of parts and the count of the whole differ a little, so the last lines chosen may have to go again.
  for (;;) {
    const text = render(input.lines, chosen)
    const tokens = input.countTokens(text)
    const fits = tokens <= input.budgetTokens && Buffer.byteLength(text) <= maxPackBytes
    if (fits || chosen.size === 0)
      return { text: fits ? text : '', tokens: fits ? tokens : 0, linesSent: chosen.size, whole: false }
    const keep = Math.min(chosen.size - 1, Math.floor(chosen.size * 0.97))
    for (const index of [...chosen.keys()].slice(keep)) chosen.delete(index)
  }
}

/** Index to shown text, in order of priority. */
function chooseLines({
  lines,
  ranges,
  anchorIndexes,
  templateIds,
  budgetTokens,
  countTokens,
}: PackInput): Map<number, string> {
  const chosen = new Map<number, string>()
  const gapTokens = countTokens(gap(lines.length, 1, lines.length)) + 1
  const columns = new Map(ranges.map((range) => [range.anchor.index, range.anchor.column]))
  let tokensLeft = budgetTokens - 2 * gapTokens
  let bytesLeft = maxPackBytes - 4096
  let misses = 0
  for (const index of packPriorities({ count: lines.length, ranges, anchorIndexes, templateIds })) {
    if (chosen.has(index)) continue
    const body = lines.body(index)
    if (body.trim() === '') continue
    const column = columns.get(index)
    const text = column === undefined ? cutLine(body, 0, maxContextLine) : cutLine(body, column, maxAnchorLine)
    // A line on its own adds a gap, one between two others may close it.
    const neighbours = Number(chosen.has(index - 1)) + Number(chosen.has(index + 1))
    const cost = countTokens(`${index + 1}: ${text}\n`) + (1 - neighbours) * gapTokens
    const bytes = Buffer.byteLength(text) + maxNumberBytes + (1 - neighbours) * maxGapBytes
    if (cost > tokensLeft || bytes > bytesLeft) {
      if (++misses > maxMisses) break
      continue
    }
    misses = 0
    tokensLeft -= cost
    bytesLeft -= bytes
    chosen.set(index, text)
  }
  return chosen.size > 0 || anchorIndexes.length === 0
    ? chosen
    : squeezed(lines.body(anchorIndexes[0]!), anchorIndexes[0]!, budgetTokens, countTokens)
}

/** A budget too small for any line as it is: the beginning of the best one. */
function squeezed(
  body: string,
  index: number,
  budgetTokens: number,
  countTokens: (text: string) => number,
): Map<number, string> {
  for (let length = 160; length >= 20; length = Math.floor(length / 2)) {
    const text = cutLine(body, 0, length)
    if (countTokens(`${index + 1}: ${text}`) * 2 <= budgetTokens) return new Map([[index, text]])
  }
  return new Map()
}

/** At most `width` characters of the line, around `column`. What is missing is marked, and no character is split. */
function cutLine(body: string, column: number, width: number): string {
  if (body.length <= width) return body
  const start = Math.max(0, Math.min(column - Math.floor(width / 4), body.length - width))
  const piece = body.slice(start, start + width).replaceAll(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '')
  const after = body.length - start - width
  return `${start > 0 ? `[... ${start} characters] ` : ''}${piece}${after > 0 ? ` [${after} characters ...]` : ''}`
}

function gap(count: number, from: number, to: number): string {
  return `[... ${count} line${count === 1 ? '' : 's'} omitted, ${from === to ? from : `${from}-${to}`} ...]`
}

function render(lines: LineStore, chosen: Map<number, string>): string {
  const parts: string[] = []
  let next = 0
  const closeGap = (to: number) => {
    for (let index = next; index < to; index++) {
      if (lines.body(index).trim() === '') continue
      parts.push(gap(to - next, next + 1, to))
      return
    }
  }
  for (const index of [...chosen.keys()].sort((a, b) => a - b)) {
    if (index > next) closeGap(index)
    parts.push(`${index + 1}: ${chosen.get(index)}`)
    next = index + 1
  }
  if (next < lines.length) closeGap(lines.length)
  return parts.join('\n')
}
