import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visibleText } from '../../src/logs/control-codes.ts'
import { Drain } from '../../src/logs/drain.ts'
import { HintFinder } from '../../src/logs/hint-finder.ts'
import { readableLine } from '../../src/logs/json-line.ts'
import { withoutPrefix } from '../../src/logs/line-prefix.ts'
import { LineReader } from '../../src/logs/line-reader.ts'
import { LineStore } from '../../src/logs/line-store.ts'
import { rawLines } from './reduced-fixture.ts'

const text = 'Größe: 日本 🙂 error\n'
const utf16be = (value: string) => Buffer.from(value, 'utf16le').swap16()

/** As an upload comes: in pieces that end anywhere. */
function readInPieces(bytes: Uint8Array, size: number): string[] {
  const lines: string[] = []
  const reader = new LineReader((raw) => lines.push(raw))
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
  reader.end()
  return lines
}

describe('decoding', () => {
  const encoded = [
    ['UTF-8', Buffer.from(text.repeat(500))],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text.repeat(500)}`)],
    ['UTF-16 LE with a byte order mark', Buffer.from(`\uFEFF${text.repeat(500)}`, 'utf16le')],
    ['UTF-16 BE with a byte order mark', utf16be(`\uFEFF${text.repeat(500)}`)],
  ] as const

  it.each(encoded)('reads %s, however it is cut into pieces', (_, bytes) => {
    const lines = Array.from({ length: 500 }, () => text.trim())
    for (const size of [bytes.length, 4096, 997]) expect(readInPieces(bytes, size)).toEqual(lines)
    expect(readInPieces(bytes.subarray(0, 2 + text.length * 20), 1).slice(0, 5)).toEqual(lines.slice(0, 5))
  })

  it.each([
    ['LE', Buffer.from('plain ascii text\n', 'utf16le')],
    ['BE', utf16be('plain ascii text\n')],
  ])('recognizes UTF-16 %s without a byte order mark', (_, bytes) => {
    expect(rawLines(bytes)).toEqual(['plain ascii text'])
  })

  it('reads a line in an 8-bit encoding among lines in UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('Größe\n'), Buffer.from('Fehler: Datei für Größe fehlt\n', 'latin1')])
    expect(rawLines(bytes)).toEqual(['Größe', 'Fehler: Datei für Größe fehlt'])
  })

  it('replaces invalid bytes and goes on', () => {
    expect(rawLines(Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a, 0x63]))).toEqual(['a\uFFFD\uFFFDb', 'c'])
  })
})

describe('the visible text of a line', () => {
  it.each([
    ['plain', 'plain'],
    ['with\ttab', 'with\ttab'],
    ['windows\r', 'windows'],
    [' 10%\r 50%\r100% done', '100% done'],
    [' 10%\r100% done\r', '100% done'],
    ['\u001b[31merror\u001b[0m: x', 'error: x'],
    ['\u001b[38;5;196mred\u001b[m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;https://a\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001b_bk;t=1772615525261\u0007text', 'text'],
    ['a\u0000b\u0001c', 'abc'],
    ['\u001b', ''],
    ['section_start:1700000000:build\r\u001b[0Kbuilding', 'building'],
  ])('of %j is %j', (raw, visible) => {
    expect(visibleText(raw)).toBe(visible)
  })
})

describe('a line without its prefix', () => {
  it.each([
    ['2024-05-02T09:14:01.1234567Z npm ci', 'npm ci'],
    ['2024-05-02 09:14:01,123 ERROR x', 'ERROR x'],
    ['[2024-05-02T09:14:01.000Z] x', 'x'],
    ['[09:14:01] x', 'x'],
    ['2024-05-02T09:14:01.123456Z 01E error: x', 'error: x'],
    ['build\tRun tests\t2024-05-02T09:14:01.1234567Z error: x', 'error: x'],
    ['May  2 09:14:01 vm-1 cart[812]: error: x', 'error: x'],
    ['2024-05-02T09:14:01+0000 vm-1 cart[812]: error: x', 'error: x'],
    ['api-1  | error: x', 'error: x'],
    ['shop_web_1 | 2024-05-02T09:14:01Z error: x', 'error: x'],
    ['[pod/cart-1/app] error: x', 'error: x'],
    ['[task 2024-05-02T09:14:01.000Z] 09:14:01    ERROR - x', '   ERROR - x'],
    ['#12 3.456 error: x', 'error: x'],
    ['2024-05-02T09:14:01.123456Z stderr F error: x', 'error: x'],
    ['<30>1 2024-05-02T09:14:01.025Z vm-1 cart 4127 - - error: x', 'error: x'],
    ['section_end:1700000000:build', ''],
    ['12 | let x = 1', '12 | let x = 1'],
    ['    indented', '    indented'],
    ['ERROR: x', 'ERROR: x'],
    ['src/a.ts:1:2: error', 'src/a.ts:1:2: error'],
  ])('of %j is %j', (line, body) => {
    expect(withoutPrefix(line)).toBe(body)
  })
})

describe('a JSON line', () => {
  it.each([
    ['{"level":50,"msg":"boom"}', 'ERROR boom'],
    ['{"level":"warn","message":"slow"}', 'WARN slow'],
    ['{"severity":"ERROR","message":"boom","error":{"message":"no disk"}}', 'ERROR boom: no disk'],
    ['{"log":"error: x\\n","stream":"stderr"}', 'error: x'],
    ['{"msg":"a","stack":"Error: a\\n    at f"}', 'a: Error: a | at f'],
    ['{"a":1}', '{"a":1}'],
    ['{broken}', '{broken}'],
  ])('%s reads as %j', (line, readable) => {
    expect(readableLine(line)).toBe(readable)
  })
})

describe('reading lines', () => {
  it('numbers lines as an editor does: they end at \\n only, and a final one starts no line', () => {
    expect(rawLines('a\r\nb\rc\n\nd\u2028e\n').map(visibleText)).toEqual(['a', 'c', '', 'd\u2028e'])
  })

  it('keeps lines as they are, whatever their number and length', () => {
    const store = new LineStore()
    const lines = Array.from({ length: 9000 }, (_, i) => '日本 🙂 x'.repeat(i % 1000 === 7 ? 200_000 : i % 40))
    for (const line of lines) store.add(line)
    expect(store.length).toBe(lines.length)
    for (let i = 0; i < lines.length; i++) if (store.text(i) !== lines[i]) expect.fail(`line ${i} changed`)
  })
})

describe('finding hints', () => {
  it('finds what a search for each of them would find', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ':', ' '), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.uniqueArray(word, { maxLength: 12 }), fc.array(word, { maxLength: 30 }), (hints, words) => {
        const finder = new HintFinder(hints)
        for (const line of [words.join(''), words.join('').toUpperCase()]) {
          const found = finder.find(line).map((index) => hints[index]!)
          expect(found.sort()).toEqual(hints.filter((hint) => line.toLowerCase().includes(hint)).sort())
        }
      }),
    )
  })
})

describe('Drain', () => {
  it('gives lines that differ in their variables one template', () => {
    const drain = new Drain()
    const ids = [
      'user 12 logged in from 10.0.0.1',
      'user 99 logged in from 10.0.0.7',
      'user bob logged in from home',
    ].map((line) => drain.add(line).id)
    expect(ids[0]).toBe(ids[1])
    expect(drain.templates[0]).toMatchObject({ count: 2, words: ['user', '<*>', 'logged', 'in', 'from', '<*>'] })
  })

  it('keeps different messages apart', () => {
    const drain = new Drain()
    expect(drain.add('connection opened to cache').id).not.toBe(drain.add('payment declined by bank').id)
  })

  it('stays bounded for a flood of different lines', () => {
    const drain = new Drain()
    for (let i = 0; i < 50_000; i++) drain.add(`${i.toString(36)}a b${(i * 7).toString(36)} c${i}`)
    expect(drain.templates.length).toBeLessThan(5000)
  })
})
