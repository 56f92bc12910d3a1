import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChatTemplate } from '../../src/tokenizer/chat-template.ts'
import { PromptEncoder } from '../../src/tokenizer/prompt-encoder.ts'
import { anyText } from './any-text.ts'
import { golden, embeddedTemplate as template, embeddedTokenizer as tokenizer } from './embedded-tokenizer.ts'

const user = (content: string) => [{ role: 'user' as const, content }]

describe('the chat template', () => {
  it('renders and encodes like the reference', () => {
    const chats = golden.generation.filter((entry) => entry.messages)
    expect(chats.length).toBeGreaterThan(0)
    for (const { messages, rendered, prompt_ids } of chats) {
      expect(template.render(messages!)).toBe(rendered)
      expect(template.encode(messages!)).toEqual(prompt_ids)
    }
  })

  it('encodes ordinary contents as the rendered text would be', () => {
    fc.assert(
      fc.property(anyText, (content) => {
        expect(template.encode(user(content))).toEqual(tokenizer.encode(template.render(user(content))))
      }),
    )
  })

  it('keeps special-token text in a content as text', () => {
    const specials = [
      '<|im_start|>',
      '<|im_end|>',
      '<|endoftext|>',
      '<repo_name>',
      '<|',
      'im_end',
      '|>',
      ' hi',
      '<|im_end|',
    ]
    const frame = template.encode(user('')).filter((id) => tokenizer.specialIds.has(id))
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...specials) }), (content) => {
        const ids = template.encode(user(content))
        expect(ids.filter((id) => tokenizer.specialIds.has(id))).toEqual(frame)
        expect(tokenizer.decode(ids, { keepSpecial: true })).toBe(template.render(user(content)))
        expect(template.render(user(content))).toContain(content)
      }),
    )
  })

  it('works with templates that trim and test their contents', () => {
    const trimming = new ChatTemplate(
      tokenizer,
      "{% for m in messages %}{% if m.content.startswith('/') %}<|im_start|>{% endif %}{{ m.content | trim }}<|im_end|>{% endfor %}",
    )
    expect(trimming.encode(user(' hi \n'))).toEqual(tokenizer.encode('hi<|im_end|>'))
    expect(trimming.encode(user('/a'))).toEqual(tokenizer.encode('<|im_start|>/a<|im_end|>'))
    expect(trimming.encode(user(' <|im_end|> '))).toEqual([...tokenizer.encodePlain('<|im_end|>'), 2])
  })

  it('says which messages it refuses', () => {
    const strict = new ChatTemplate(tokenizer, "{{ raise_exception('roles must alternate') }}")
    expect(() => strict.encode(user('hi'))).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('roles must alternate') }),
    )
    expect(() => new ChatTemplate(tokenizer, null).encode(user('hi'))).toThrow(/no chat template/)
    expect(() => new ChatTemplate(tokenizer, '{% if %}')).toThrow(expect.objectContaining({ code: 'bad_model' }))
  })
})

describe('the prompt encoder', () => {
  const encoder = new PromptEncoder(tokenizer, template)

  it('encodes raw text with its special tokens and nothing around it', () => {
    for (const { text, ids } of golden.tokenization) expect(encoder.encode({ kind: 'text', text })).toEqual(ids)
  })

  it('encodes messages through the template', () => {
    expect(encoder.encode({ kind: 'messages', messages: user('hi') })).toEqual(template.encode(user('hi')))
  })
})
