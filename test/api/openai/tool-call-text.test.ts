import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnswerPart, ToolCallText } from '../../../src/api/openai/tool-call-text.ts'

const call = (name: string, given: string) => `<tool_call>\n{"name": "${name}", "arguments": ${given}}\n</tool_call>`
const given = '{"a": {"b": "}"}, "c": "</tool_call>"}'

/** Reads a text in pieces; parts of one kind that follow each other are joined. */
function read(pieces: string[]) {
  const reader = new ToolCallText()
  const parts: AnswerPart[] = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]
  const joined: AnswerPart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (last && last.kind !== 'call' && last.kind === part.kind) last.text += part.text
    else joined.push({ ...part })
  }
  return { parts: joined, whole: reader.whole, calls: reader.calls }
}

describe('the text of tool calls', () => {
  const text = `Let me see < <tool.\n${call('first', given)}\n${call('second', '{}')}`
  const expected = [
    { kind: 'content', text: 'Let me see < <tool.\n' },
    { kind: 'call', index: 0, name: 'first' },
    { kind: 'arguments', index: 0, text: given },
    { kind: 'call', index: 1, name: 'second' },
    { kind: 'arguments', index: 1, text: '{}' },
  ]

  it('is the same however it is cut into pieces', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 })
    fc.assert(
      fc.property(cuts, (places) => {
        const edges = [0, ...places.sort((a, b) => a - b), text.length]
        const pieces = edges.slice(1).map((to, index) => text.slice(edges[index], to))
        expect(read(pieces)).toEqual({ parts: expected, whole: true, calls: 2 })
      }),
    )
  })

  it('never shows a tag, and knows what is not finished', () => {
    for (let length = 0; length < text.length; length++) {
      const { parts, whole } = read([...text.slice(0, length)])
      expect(parts.map((part) => ('text' in part ? part.text : '')).join('')).not.toContain('<tool_call>')
      const callsEnded = text.slice(0, length).split('}\n</tool_call>').length - 1
      const begun = text.slice(0, length).split('<tool_call>').length - 1
      expect(whole).toBe(callsEnded > 0 && begun === callsEnded)
    }
  })

  it('is plain text where no call follows', () => {
    expect(read(['a <tool', '_cal']).parts).toEqual([{ kind: 'content', text: 'a <tool_cal' }])
  })
})

describe('the text of a bare call', () => {
  const given = '{"a": {"b": "}"}, "c": [{}]}'
  const text = `{"name": "first", "parameters": ${given}}`
  const read = (pieces: string[]) => {
    const reader = new ToolCallText('bare')
    const parts = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]
    const joined = parts.flatMap((part) => (part.kind === 'arguments' ? [part.text] : [])).join('')
    return { joined, names: parts.flatMap((part) => (part.kind === 'call' ? [part.name] : [])), whole: reader.whole }
  }

  it('is the same however it is cut into pieces, its last character apart', () => {
    for (let at = 0; at <= text.length; at++) {
      const pieces = [text.slice(0, at), ...text.slice(at)]
      expect(read(pieces)).toEqual({ joined: given, names: ['first'], whole: true })
    }
  })

  it('is not whole before its end, whatever closes in it', () => {
    for (let at = 0; at < text.length; at++) expect(read([text.slice(0, at)]).whole, text.slice(0, at)).toBe(false)
  })

  it('may come behind other text', () => {
    const reader = new ToolCallText('bare')
    expect(reader.push(`Well: {"a": 1} ${text}`)[0]).toEqual({ kind: 'content', text: 'Well: {"a": 1} ' })
    expect(reader.calls).toBe(1)
  })
})
