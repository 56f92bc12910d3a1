// The embedded model's tokenizer and the reference values recorded with it.

import { readFileSync } from 'node:fs'
import { ChatTemplate } from '../../src/tokenizer/chat-template.ts'
import { Tokenizer } from '../../src/tokenizer/tokenizer.ts'

const folder = new URL('file:///work/shared/model/')

export const embeddedFiles = {
  tokenizer: new URL('tokenizer.json', folder).pathname,
  tokenizerConfig: new URL('tokenizer_config.json', folder).pathname,
  generationConfig: new URL('generation_config.json', folder).pathname,
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

export const golden: Golden = JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8'))
