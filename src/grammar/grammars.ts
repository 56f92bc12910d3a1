// Compiled grammars over one vocabulary, the latest kept, and matchers that walk them token by token. Compiling blocks,
// so both live in a worker thread: one of the API, which only asks whether a format compiles, and one of the engine.

import { AppError } from '../errors.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { fieldOf, type OutputFormat } from './format.ts'
import { grammarText } from './grammar-text.ts'
import {
  type CompiledGrammar,
  type GrammarCompiler,
  type GrammarMatcher,
  loadXGrammar,
  type XGrammar,
} from './xgrammar-library.ts'

const keptGrammars = 32

/** One sequence's place in its grammar. */
export class Matcher {
  readonly #matcher: GrammarMatcher

  constructor(matcher: GrammarMatcher) {
    this.#matcher = matcher
  }

  /** Whether the grammar lets the token come next; the place is then behind it. */
  accept(id: number): boolean {
    return this.#matcher.acceptToken(id)
  }

  /** `[ceil(vocabSize / 32)]`, one bit a token, the lowest first. EOS is allowed where the text may end. */
  mask(): Promise<Int32Array> {
    return this.#matcher.getNextTokenBitmask()
  }

  close(): void {
    this.#matcher.dispose()
  }
}

export class Grammars {
  readonly #library: XGrammar
  readonly #compiler: GrammarCompiler
  /** By their text, the latest used last. */
  readonly #compiled = new Map<string, CompiledGrammar>()

  /** @param vocabSize of the model, which may be more than the tokenizer's */
  static async open(tokenizer: Tokenizer, vocabSize: number): Promise<Grammars> {
    const library = await loadXGrammar()
    // Without bytes a token is never allowed; only EOS is, where the grammar may end.
    const nothing = new Uint8Array(0)
    const vocabulary = Array.from({ length: vocabSize }, (_, id) =>
      tokenizer.specialIds.has(id) ? nothing : Uint8Array.from(tokenizer.idToBytes(id)),
    )
    const eosIds = [...tokenizer.eosIds].filter((id) => id < vocabSize)
    const info = await library.TokenizerInfo.createTokenizerInfo(vocabulary, 'raw', false, vocabSize, eosIds)
    return new Grammars(library, await library.GrammarCompiler.createGrammarCompiler(info, false))
  }

  private constructor(library: XGrammar, compiler: GrammarCompiler) {
    this.#library = library
    this.#compiler = compiler
  }

  /** @throws AppError `invalid_request` for a format that can't be kept */
  async matcher(format: OutputFormat): Promise<Matcher> {
    const text = grammarText(format)
    const grammar = this.#compiled.get(text) ?? (await this.#compile(text, format))
    this.#compiled.delete(text)
    this.#compiled.set(text, grammar)
    if (this.#compiled.size > keptGrammars) {
      const [oldest, unused] = this.#compiled.entries().next().value!
      this.#compiled.delete(oldest)
      // Its matchers hold what they need of it.
      unused.dispose()
    }
    return new Matcher(await this.#library.GrammarMatcher.createGrammarMatcher(grammar))
  }

  async #compile(text: string, format: OutputFormat): Promise<CompiledGrammar> {
    try {
      return await this.#compiler.compileGrammar(text)
    } catch (cause) {
      const field = fieldOf(format)
      throw new AppError('invalid_request', `${field}: it can't be compiled; allowed: a simpler one`, { field, cause })
    }
  }
}
