// @mlc-ai/web-xgrammar as we use it. The package says it is an ES module, but its file is a script for browsers: it
// wants a `location`, and leaves what it exports in a global.

/** A `std::string`, which takes bytes too. */
type Bytes = string | Uint8Array

interface Disposable {
  dispose(): void
}

export type CompiledGrammar = Disposable

export interface GrammarCompiler extends Disposable {
  /** Blocks for milliseconds to seconds. Its failures carry no message: that goes to the console. */
  compileGrammar(ebnf: string): Promise<CompiledGrammar>
}

export interface GrammarMatcher extends Disposable {
  acceptToken(id: number): boolean
  /** One bit a token, the lowest first: 1 may come next. */
  getNextTokenBitmask(): Promise<Int32Array>
}

export interface XGrammar {
  TokenizerInfo: {
    createTokenizerInfo(
      vocabulary: Bytes[],
      type: 'raw',
      prependSpace: boolean,
      vocabSize: number,
      stopIds: number[],
    ): Promise<Disposable>
  }
  GrammarCompiler: { createGrammarCompiler(info: Disposable, cacheEnabled: boolean): Promise<GrammarCompiler> }
  GrammarMatcher: { createGrammarMatcher(grammar: CompiledGrammar): Promise<GrammarMatcher> }
}

export async function loadXGrammar(): Promise<XGrammar> {
  const shared = globalThis as { location?: unknown; xgrammar?: XGrammar }
  const before = shared.location
  shared.location = { href: import.meta.url }
  await import('@mlc-ai/web-xgrammar')
  if (!shared.xgrammar) throw new Error('@mlc-ai/web-xgrammar did not load')
  if (before !== undefined) shared.location = before
  return shared.xgrammar
}
