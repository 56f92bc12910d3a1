// What each token id stands for, in bytes. Vocabularies write bytes in one of two ways, and the decoder of
// tokenizer.json says which:
//   byte-level BPE (GPT-2, Llama 3, Qwen, SmolLM2): every byte is one printable character, 0x20 is "Ġ", 0x0A is "Ċ";
//   SentencePiece with byte fallback (Llama 2, Mistral): "▁" is a space, "<0x0A>" a byte, the rest is plain text.

import { z } from 'zod'
import { AppError } from '../errors.ts'

export type Spelling = 'byte-level' | 'sentencepiece'

interface Decoder {
  type: string
  decoders?: Decoder[] | undefined
}

const decoderSchema: z.ZodType<Decoder> = z.looseObject({
  type: z.string(),
  get decoders() {
    return z.array(decoderSchema).optional()
  },
})

/** How the vocabulary spells bytes; `bad_model` for decoders that are neither (WordPiece, CTC, ...). */
export function spellingOf(decoder: unknown): Spelling {
  const parsed = decoderSchema.safeParse(decoder)
  const types = parsed.success ? flatten(parsed.data).map((part) => part.type) : []
  if (types.includes('ByteLevel')) return 'byte-level'
  if (types.includes('Metaspace') || types.includes('ByteFallback')) return 'sentencepiece'
  throw new AppError(
    'bad_model',
    `tokenizer.json has a decoder of type ${types.join(' + ') || 'null'}; supported are ByteLevel, Metaspace and ByteFallback`,
    { field: 'tokenizer.json' },
  )
}

function flatten(decoder: Decoder): Decoder[] {
  return decoder.decoders ? decoder.decoders.flatMap(flatten) : [decoder]
}

/** The bytes of one entry of the vocabulary. */
export function bytesOf(token: string, spelling: Spelling): Uint8Array {
  return spelling === 'byte-level' ? byteLevelBytes(token) : sentencePieceBytes(token)
}

function byteLevelBytes(token: string): Uint8Array {
  const bytes = []
  for (const character of token) {
    const byte = byteOfCharacter.get(character)
    // A character outside the alphabet: an added token written as plain text.
    if (byte === undefined) return Buffer.from(token, 'utf8')
    bytes.push(byte)
  }
  return Uint8Array.from(bytes)
}

function sentencePieceBytes(token: string): Uint8Array {
  const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)
  if (byte) return Uint8Array.of(Number.parseInt(byte[1]!, 16))
  return Buffer.from(token.replaceAll('▁', ' '), 'utf8')
}

/**
 * The alphabet of byte-level BPE (OpenAI's GPT-2 encoder, `bytes_to_unicode`): printable Latin-1 bytes stand for
 * themselves, the other 68 are numbered upwards from U+0100.
 */
const byteOfCharacter: ReadonlyMap<string, number> = (() => {
  const alphabet = new Map<string, number>()
  let next = 0x100
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
    alphabet.set(String.fromCodePoint(printable ? byte : next++), byte)
  }
  return alphabet
})()
