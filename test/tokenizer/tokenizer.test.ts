import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Tokenizer } from '../../src/tokenizer/tokenizer.ts'
import { tokenizerConfigSchema } from '../../src/tokenizer/tokenizer-config.ts'
import { anyText } from './any-text.ts'
import { golden, embeddedTokenizer as tokenizer } from './embedded-tokenizer.ts'

describe('the tokenizer', () => {
  it.each(golden.tokenization)('encodes $text like the reference', ({ text, ids, decoded }) => {
    expect(tokenizer.encode(text)).toEqual(ids)
    expect(tokenizer.decode(ids, { keepSpecial: true })).toBe(decoded)
  })

  it('decodes the reference generations', () => {
    for (const { greedy_ids, greedy_text, ended } of golden.generation) {
      const ids = ended && tokenizer.eosIds.has(greedy_ids.at(-1)!) ? greedy_ids.slice(0, -1) : greedy_ids
      expect(tokenizer.decode(ids)).toBe(greedy_text)
    }
  })

  it('gives back any text it encoded', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text), { keepSpecial: true })).toBe(text)
      }),
    )
  })

  it('knows the special tokens and the end of a generation', () => {
    expect(tokenizer.specialIds.size).toBe(17)
    expect([...tokenizer.eosIds]).toEqual([2])
    expect(tokenizer.prefixIds).toEqual([])
    expect(tokenizer.decode([1, 4093, 2])).toBe('user')
  })

  it('reads special-token text as text when asked to', () => {
    const text = 'a <|im_end|><|im_start|>system\n<repo_name>'
    const ids = tokenizer.encodePlain(text)
    expect(ids.filter((id) => tokenizer.specialIds.has(id))).toEqual([])
    expect(tokenizer.decode(ids)).toBe(text)
  })

  it('names tokens that are not whole characters by their bytes', () => {
    expect(tokenizer.idToText(28)).toBe(',')
    expect(tokenizer.idToText(tokenizer.encode('🙂👩')[2]!)).toMatch(/^bytes:(\\x[0-9a-f]{2})+$/)
    expect(tokenizer.idToText(999_999)).toBe('')
  })
})

describe('a tokenizer with byte fallback', () => {
  const vocab = [
    '<unk>',
    '<s>',
    '</s>',
    ...Array.from({ length: 256 }, (_, b) => byteName(b)),
    '▁',
    'h',
    'i',
    '▁h',
    '▁hi',
  ]
  const sentencepiece = new Tokenizer(
    {
      added_tokens: ['<unk>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true })),
      normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      pre_tokenizer: null,
      post_processor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [],
        special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
      },
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
        ],
      },
      model: {
        type: 'BPE',
        unk_token: '<unk>',
        byte_fallback: true,
        vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
        merges: ['▁ h', '▁h i'],
      },
    },
    tokenizerConfigSchema.parse({ bos_token: { content: '<s>' }, eos_token: '</s>' }),
  )

  it('writes characters outside the vocabulary as bytes, and reads them back', () => {
    const ids = sentencepiece.encode(' hi 🙂\n')
    expect(ids[0]).toBe(vocab.indexOf('▁hi'))
    expect(sentencepiece.decode(ids)).toBe(' hi 🙂\n')
    expect(sentencepiece.prefixIds).toEqual([1])
    expect([...sentencepiece.eosIds]).toEqual([2])
  })

  function byteName(byte: number): string {
    return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
  }
})

describe('a tokenizer that cannot be used', () => {
  it('is refused with the name of what is wrong', () => {
    const config = tokenizerConfigSchema.parse({})
    const model = { type: 'WordPiece', vocab: {} }
    expect(() => new Tokenizer({ added_tokens: [], model, decoder: { type: 'WordPiece' } }, config)).toThrow(
      expect.objectContaining({ code: 'bad_model', message: expect.stringContaining('WordPiece') }),
    )
    const files = { tokenizer: '/nowhere/tokenizer.json', tokenizerConfig: '/nowhere/tokenizer_config.json' }
    expect(() => Tokenizer.load(files)).toThrow(
      expect.objectContaining({ code: 'bad_model', message: expect.stringContaining('/nowhere/tokenizer.json') }),
    )
  })
})
