// Text to token ids and back. Encoding is the model's own tokenizer.json; decoding works on the bytes of the
// vocabulary, so that streamed pieces and the whole are the same text.

import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers'
import { AppError } from '../errors.ts'
import { Detokenizer } from './detokenizer.ts'
import { SpecialText } from './special-text.ts'
import { bytesOf, type Spelling, spellingOf } from './token-bytes.ts'
import {
  generationConfigSchema,
  readModelJson,
  type TokenizerConfig,
  type TokenizerJson,
  tokenizerConfigSchema,
  tokenizerJsonSchema,
} from './tokenizer-config.ts'

/** What we use of @huggingface/tokenizers; its own types don't resolve under NodeNext (imports without extensions). */
interface JsonTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] }
  token_to_id(token: string): number | undefined
  id_to_token(id: number): string | undefined
}

export interface TokenizerFiles {
  /** tokenizer.json */
  tokenizer: string
  /** tokenizer_config.json */
  tokenizerConfig: string
  /** generation_config.json; without it the tokenizer's eos_token alone ends a generation. */
  generationConfig?: string | undefined
}

/** @throws AppError `bad_model` */
export function readChatTemplate({ tokenizerConfig }: TokenizerFiles): string | null {
  return readModelJson(tokenizerConfig, tokenizerConfigSchema).chat_template
}

export class Tokenizer {
  readonly config: TokenizerConfig
  /** Ids whose generation ends a sequence. */
  readonly eosIds: ReadonlySet<number>
  /** Ids run from 0 to one less; a model may have more, which stand for nothing. */
  readonly size: number
  /** Control signs: they have no text in an output. */
  readonly specialIds: ReadonlySet<number>
  /** What the model wants before a raw prompt, usually a BOS token; often nothing. */
  readonly prefixIds: readonly number[]
  readonly special: SpecialText
  readonly #json: JsonTokenizer
  readonly #marked: JsonTokenizer
  readonly #spelling: Spelling
  readonly #addedText: ReadonlyMap<number, string>
  readonly #bytes: (Uint8Array | undefined)[] = []

  /** Reads the files; throws `bad_model` naming the file that is missing, damaged or of an unsupported kind. */
  static load(files: TokenizerFiles): Tokenizer {
    const json = readModelJson(files.tokenizer, tokenizerJsonSchema)
    const config = readModelJson(files.tokenizerConfig, tokenizerConfigSchema)
    const generation = files.generationConfig ? readModelJson(files.generationConfig, generationConfigSchema) : null
    return new Tokenizer(json, config, generation?.eos_token_id ?? [])
  }

  constructor(json: TokenizerJson, config: TokenizerConfig, eosIds: readonly number[] = []) {
    const specials = json.added_tokens.filter((token) => token.special)
    this.config = config
    this.#spelling = spellingOf(json.decoder)
    this.special = new SpecialText(specials.map((token) => token.content))
    this.specialIds = new Set(specials.map((token) => token.id))
    this.size = sizeOf(json)
    this.#addedText = new Map(json.added_tokens.map((token) => [token.id, token.content]))
    this.#json = open(json, config)
    this.#marked = open({ ...json, added_tokens: json.added_tokens.map((token) => this.#marking(token)) }, config)
    const eosToken = config.eos_token === null ? undefined : this.#json.token_to_id(config.eos_token)
    this.eosIds = new Set(eosToken === undefined ? eosIds : [...eosIds, eosToken])
    // What the post-processor puts around a text that encodes to nothing; a suffix would end the prompt, so models of
    // this kind have none.
    this.prefixIds = this.#json.encode('', { add_special_tokens: true }).ids
  }

  /** Ids of a text in which special-token text counts as such. Nothing is added around it. */
  encode(text: string): number[] {
    return this.#json.encode(text, { add_special_tokens: false }).ids
  }

  /** Ids of a text in which special-token text is only text. */
  encodePlain(text: string): number[] {
    return this.#marked.encode(text, { add_special_tokens: false }).ids
  }

  /** Ids of a rendered chat template whose contents went through `special.protect`. */
  encodeRendered(rendered: string): number[] {
    return this.#marked.encode(this.special.mark(rendered), { add_special_tokens: false }).ids
  }

  /**
   * The text of generated ids. Special tokens yield nothing unless `keepSpecial`; invalid UTF-8 becomes U+FFFD, but an
   * unfinished character at the very end is dropped.
   */
  decode(ids: Iterable<number>, options: { keepSpecial?: boolean } = {}): string {
    const detokenizer = new Detokenizer({
      idToBytes: (id) => this.idToBytes(id),
      specialIds: options.keepSpecial ? new Set() : this.specialIds,
    })
    let text = ''
    for (const id of ids) text += detokenizer.push(id)
    return text
  }

  /** The bytes of one token; none for an id outside the vocabulary (models pad theirs). Don't write to them. */
  idToBytes(id: number): Uint8Array {
    const known = this.#bytes[id]
    if (known) return known
    const added = this.#addedText.get(id)
    const token = this.#json.id_to_token(id)
    const bytes =
      added !== undefined
        ? Buffer.from(added, 'utf8')
        : token === undefined
          ? new Uint8Array(0)
          : bytesOf(token, this.#spelling)
    this.#bytes[id] = bytes
    return bytes
  }

  /** One token by itself, for people to read: text, or `bytes:\xf0\x9f` where it isn't whole characters (OpenAI's form). */
  idToText(id: number): string {
    const bytes = Buffer.from(this.idToBytes(id))
    const text = bytes.toString('utf8')
    if (Buffer.from(text, 'utf8').equals(bytes)) return text
    return `bytes:${[...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`
  }

  #marking(token: TokenizerJson['added_tokens'][number]): TokenizerJson['added_tokens'][number] {
    return token.special ? { ...token, content: this.special.marked(token.content) } : token
  }
}

/** The vocabulary is a list of tokens, or an object of their ids. */
function sizeOf({ model, added_tokens }: TokenizerJson): number {
  const { vocab } = model
  const ids = typeof vocab === 'object' && vocab !== null && !Array.isArray(vocab) ? Object.values(vocab) : []
  let size = Array.isArray(vocab) ? vocab.length : 0
  for (const id of [...ids, ...added_tokens.map((token) => token.id)]) size = Math.max(size, Number(id) + 1)
  return size
}

function open(json: TokenizerJson, config: TokenizerConfig): JsonTokenizer {
  try {
    return new HubTokenizer(json, config)
  } catch (cause) {
    throw new AppError('bad_model', `tokenizer.json is of a kind that can't be read: ${(cause as Error).message}`, {
      field: 'tokenizer.json',
      cause,
    })
  }
}
