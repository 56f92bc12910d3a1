import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Detokenizer } from '../../src/tokenizer/detokenizer.ts'
import { Utf8Stream } from '../../src/tokenizer/utf8-stream.ts'
import { anyText } from './any-text.ts'
import { embeddedTokenizer as tokenizer } from './embedded-tokenizer.ts'

function stream(ids: number[]): string[] {
  const detokenizer = new Detokenizer(tokenizer)
  return ids.map((id) => detokenizer.push(id))
}

describe('the detokenizer', () => {
  it('streams any text without ever showing half a character', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const pieces = stream(tokenizer.encodePlain(text))
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) expect(piece.isWellFormed()).toBe(true)
        if (!text.includes('\ufffd')) expect(pieces.join('')).not.toContain('\ufffd')
      }),
    )
  })

  it('gives for any ids what a standard decoder makes of their bytes', () => {
    const anyIds = fc.array(fc.integer({ min: 17, max: 49_151 }), { maxLength: 40 })
    fc.assert(
      fc.property(anyIds, (ids) => {
        const text = stream(ids).join('')
        const standard = Buffer.concat(ids.map((id) => tokenizer.idToBytes(id))).toString('utf8')
        expect(tokenizer.decode(ids)).toBe(text)
        // Only a character whose end is missing is left out.
        expect([text, `${text}\ufffd`]).toContain(standard)
      }),
      { numRuns: 500 },
    )
  })

  it('drops a character whose end never comes', () => {
    const ids = tokenizer.encode('ok 𝔘')
    expect(stream(ids.slice(0, -1)).join('')).toBe('ok ')
  })

  it('has no text for special tokens', () => {
    expect(stream([1, 4093, 198, 2])).toEqual(['', 'user', '\n', ''])
  })
})

describe('the UTF-8 stream', () => {
  /** Bytes near the borders of the well-formed ranges, where decoders differ. */
  const byte = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(
      0x41,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xe0,
      0xe2,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    ),
  )

  it('decodes any bytes, cut anywhere, as the standard decoder does', () => {
    const standard = new TextDecoder('utf-8', { ignoreBOM: true })
    fc.assert(
      fc.property(fc.array(fc.array(byte, { maxLength: 6 })), (pieces) => {
        const utf8 = new Utf8Stream()
        const text = pieces.map((piece) => utf8.push(Uint8Array.from(piece))).join('')
        const all = Uint8Array.from(pieces.flat())
        expect(utf8.pending).toBeLessThanOrEqual(3)
        expect(text).toBe(standard.decode(all.subarray(0, all.length - utf8.pending)))
        expect(text + (utf8.pending > 0 ? '\ufffd' : '')).toBe(standard.decode(all))
      }),
      { numRuns: 1000 },
    )
  })
})
