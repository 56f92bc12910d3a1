// The embedded model's tokenizer and the reference values recorded with it.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ChatTemplate } from '../../src/tokenizer/chat-template.ts'
import { Tokenizer, type TokenizerFiles } from '../../src/tokenizer/tokenizer.ts'

const model = new URL('../../models/', import.meta.url)

export const embeddedFiles: TokenizerFiles = {
  tokenizer: fileURLToPath(new URL('tokenizer.json', model)),
  tokenizerConfig: fileURLToPath(new URL('tokenizer_config.json', model)),
  generationConfig: fileURLToPath(new URL('generation_config.json', model)),
}
export const embeddedTokenizer = Tokenizer.load(embeddedFiles)
export const embeddedTemplate = new ChatTemplate(embeddedTokenizer)

export interface Golden {
  generation: {
    prompt?: string
    messages?: { role: 'system' | 'user' | 'assistant'; content: string }[]
    rendered: string
    prompt_ids: number[]
    greedy_ids: number[]
    greedy_text: string
    ended: boolean
  }[]
  tokenization: { text: string; ids: number[]; decoded: string }[]
}

export const golden: Golden = JSON.parse(readFileSync(new URL('../fixtures/golden.json', import.meta.url), 'utf8'))
