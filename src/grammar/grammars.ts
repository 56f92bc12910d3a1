// Compiled grammars over one vocabulary, the latest kept, and matchers that walk them token by token. Compiling blocks,
// so both live in a worker thread: one of the API, which only asks whether a format compiles, and one of the engine.

import { AppError } from '../errors.ts'
import { fieldOf, type OutputFormat } from './format.ts'
import { grammarText } from './grammar-text.ts'
import { tokensOf, type Vocabulary } from './vocabulary.ts'
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
  readonly #matchers: XGrammar['GrammarMatcher']
  readonly #compiler: GrammarCompiler
  /** By their text, the latest used last. */
  readonly #compiled = new Map<string, CompiledGrammar>()

  static async open(vocabulary: Vocabulary): Promise<Grammars> {
    const { TokenizerInfo, GrammarCompiler, GrammarMatcher } = await loadXGrammar()
    const { length } = vocabulary.ends
    const tokens = tokensOf(vocabulary)
    const info = await TokenizerInfo.createTokenizerInfo(tokens, 'raw', false, length, vocabulary.eosIds)
    return new Grammars(GrammarMatcher, await GrammarCompiler.createGrammarCompiler(info, false))
  }

  private constructor(matchers: XGrammar['GrammarMatcher'], compiler: GrammarCompiler) {
    this.#matchers = matchers
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
    return new Matcher(await this.#matchers.createGrammarMatcher(grammar))
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
