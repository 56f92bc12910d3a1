import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { ruleSetWith } from '../../src/logs/user-rules.ts'
import { codeBlocks } from '../docs/markdown.ts'
import { reduced } from './reduced-fixture.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rules-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const rule = {
  id: 'frob/gadget',
  hints: ['unknown Gadget'],
  pattern: "(?i)unknown gadget '(\\w+)'",
  role: 'cause',
  weight: 90,
  category: 'configuration',
  statement: 'There is no gadget $1.',
  fixes: [{ action: 'Define $1.', risk: 'low' }],
  examples: { positive: ["E102 unknown gadget 'z'"], nearMiss: ["known gadget 'z'"] },
}
const write = (name: string, content: unknown) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))

describe('rules of the user', () => {
  it('recognize a failure that no other rule knows', () => {
    write('frob.json', [rule])
    write('notes.txt', 'no rules')
    const { diagnosis } = reduced("frob: 12 gadgets\nfrob: Unknown gadget 'z' here\n", { rules: ruleSetWith(folder) })
    expect(diagnosis).toMatchObject({ summary: 'There is no gadget z.', category: 'configuration' })
    expect(diagnosis.root_cause?.evidence[0]).toMatchObject({ line_start: 2, line_end: 2 })
  })

  it('may be written as the guide shows', () => {
    const example = codeBlocks('docs/guide.md').find(({ language }) => language === 'json')
    write('frob.json', example?.code ?? '')
    const { diagnosis } = reduced("frob: Unknown gadget 'z' here\n", { rules: ruleSetWith(folder) })
    expect(diagnosis).toMatchObject({ summary: 'There is no gadget z.', fixes: [{ action: 'Define z.' }] })
  })

  it.each([
    ['[{', /frob\.json is not valid JSON/],
    [{ rules: [] }, /frob\.json: .*array/],
    [[{ ...rule, pattern: '(' }], /frob\.json: rule 1, pattern: .*Unterminated group/],
    [[rule, { ...rule, id: 'frob/other', weight: 900 }], /frob\.json: rule 2, weight: .*95/],
    [[{ ...rule, wieght: 3 }], /frob\.json: rule 1: .*wieght/],
    [[{ ...rule, id: 'Frob' }], /frob\.json: rule 1, id: must read tool\/what/],
    [[rule, rule], /the rule frob\/gadget is there already/],
    [[{ ...rule, id: 'gcc/error' }], /the rule gcc\/error is there already/],
    [[{ ...rule, hints: ['nothing like it'] }], /frob\/gadget: its example .* does not match/],
    [[{ ...rule, examples: { ...rule.examples, nearMiss: ["unknown gadget 'a'"] } }], /its near miss .* matches/],
  ])('that are wrong are refused in one line: %j', (content, message) => {
    write('frob.json', content)
    expect(() => ruleSetWith(folder)).toThrow(message)
    try {
      ruleSetWith(folder)
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(AppError)
      expect(thrown).toMatchObject({ code: 'bad_setting', field: 'RULES_DIR' })
      expect((thrown as AppError).message).not.toContain('\n')
    }
  })

  it.each([
    ['pattern', { pattern: "unknown gadget '(\\w+)+'" }],
    ['pattern', { pattern: '(?i)unknown gadget (.*)*x$' }],
    ['pattern', { pattern: "unknown gadget '\\w+'|(a|a)*b" }],
    ['pattern', { pattern: "\\w*\\w*\\w*!|unknown gadget '\\w+'" }],
    ['pattern', { pattern: "unknown gadget '\\w+'|(é+)+!" }],
    ['pattern', { pattern: "unknown gadget '\\w+'|(?:qz|qzqz)+!" }],
    ['unless', { unless: '^(\\s*\\w+\\s*)*;$' }],
    ['below.while', { below: { while: '(\\d+[.:]?)+$', max: 3 } }],
  ])('whose %s backtracks without end are refused by file, rule and line: %j', (field, change) => {
    write('frob.json', [{ ...rule, ...change }])
    expect(() => ruleSetWith(folder)).toThrow(
      new RegExp(`frob\\.json: frob/gadget: its ${field} takes too long by backtracking, for example for a line of`),
    )
  })

  it('that only look like it are taken', () => {
    write('frob.json', [
      { ...rule, pattern: "(?i)^(?:\\S+ )*unknown gadget '(\\w+)'.*$", unless: '(?:a{1,3}){1,3}b|^.*known.*good' },
    ])
    expect(ruleSetWith(folder).match("E102 unknown gadget 'z'")?.groups[1]).toBe('z')
  })

  it('of a folder that is not there are refused', () => {
    expect(() => ruleSetWith(join(folder, 'none'))).toThrow(/RULES_DIR .*none: it can't be read \(ENOENT\)/)
  })
})
