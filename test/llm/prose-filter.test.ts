import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Grounds } from '../../src/llm/grounds.ts'
import { ProseFilter } from '../../src/llm/prose-filter.ts'

const shown = [
  "Root cause: The linker found no definition of 'sqrt' in main.o.",
  "17: /usr/bin/ld: main.o: undefined reference to `sqrt'\n18: collect2: error: ld returned 1 exit status",
  'Link the library that defines it, after the objects that use it. gcc main.o -lm -o app',
]
const filter = (said: string[] = []) => new ProseFilter(new Grounds(shown), said)

function whole(text: string): string {
  const one = filter()
  return one.push(text) + one.end()
}

describe('what a model may say', () => {
  it.each([
    'The linker found no definition of sqrt, because its library is not linked.',
    'The object main.o has an undefined reference to `sqrt`.',
    'Link the library after the objects: `gcc main.o -lm -o app`.',
    'The linker returned exit status 1 at line 18.',
  ])('stays: %s', (sentence) => {
    expect(whole(sentence)).toBe(sentence)
  })

  it.each([
    ['a copied line', '17: [ld] the linker found no definition of sqrt in main.o.'],
    ['a link', 'See https://example.com/sqrt for the linker definition of sqrt.'],
    ['a domain', 'The linker definition of sqrt is at docs.example.com in the library.'],
    ['a line number', 'The linker found the undefined reference at line 44 of main.o.'],
    ['a quotation', 'The linker said "missing brace in main" about the definition.'],
    ['a command', 'Link the library by `sudo apt install libm-dev` to define it.'],
    ['a file', 'The linker found no definition in src/helper.c of the library.'],
    ['a flag', 'Link the library with --no-such-flag to have the definition.'],
    ['another subject', 'This fosters a collaborative environment and improves team accountability.'],
    ['an invented field', 'Severity: The linker found no definition of sqrt at all.'],
    ['special tokens', 'The linker <|im_end|> found no definition of sqrt.'],
    ['a sentence without its end', 'The linker found no definition of sqrt because its library'],
  ])('is left out for %s', (_, sentence) => {
    expect(whole(sentence)).toBe('')
  })

  it('is said once, also in nearly the same words', () => {
    const text =
      'The linker found no definition of sqrt. The linker has found no definition of sqrt. The library is not linked.'
    expect(whole(text)).toBe('The linker found no definition of sqrt. The library is not linked.')
    const told = filter(['The linker found no definition of sqrt.'])
    expect(told.push('The linker found no definition of sqrt. ') + told.end()).toBe('')
  })

  it('holds no secret, even one that the model made up', () => {
    const said = new ProseFilter(new Grounds([...shown, 'token ghp_abcdefghijklmnopqrstuvwxyz0123456789 linker']))
    const text = said.push('The linker token is ghp_abcdefghijklmnopqrstuvwxyz0123456789.\n') + said.end()
    expect(text).not.toContain('ghp_')
    expect(text).toContain('[REDACTED:')
  })

  it('ends when enough was said, or when nothing of it is fit', () => {
    const lost = filter()
    lost.push('Hello there. How are you today? I am fine, thanks. What about the weather outside? ')
    expect(lost.enough).toBe(true)
  })

  it('is the same however the text is cut into tokens', () => {
    const sentences = [
      ...[
        'The linker found no definition of sqrt. ',
        'See https://x.example. ',
        '\n\n1. Link the library. ',
        'e.g. main.o. ',
      ],
      ...['Its library is not linked! ', 'Look at "main.o" and `sqrt`. ', 'The objects use it at line 17.\n', 'Hm? '],
    ]
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...sentences), { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        (chosen, sizes) => {
          const text = chosen.join('')
          const pieces = filter()
          let out = ''
          for (let at = 0; at < text.length && !pieces.enough; ) {
            const size = sizes.next().value as number
            out += pieces.push(text.slice(at, at + size))
            at += size
          }
          expect(out + pieces.end()).toBe(whole(text))
        },
      ),
    )
  })
})
