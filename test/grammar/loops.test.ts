import fc from 'fast-check'
import { expect, it } from 'vitest'
import { charSet } from '../../src/grammar/char-set.ts'
import { loop } from '../../src/grammar/loops.ts'
import { parseRegex } from '../../src/grammar/regex.ts'
import { all, type Expression, one, oneCharOf, optional, repeat, text } from '../../src/grammar/rules.ts'

/** Where a text of the expression can end that begins at `from`. */
function ends(expression: Expression, word: string, from: number): Set<number> {
  switch (expression.kind) {
    case 'text':
      return new Set(word.startsWith(expression.text, from) ? [from + expression.text.length] : [])
    case 'set':
      return new Set(
        from < word.length && expression.set.some(([low]) => low === word.charCodeAt(from)) ? [from + 1] : [],
      )
    case 'all':
      return expression.items.reduce((starts, item) => after(item, word, starts), new Set([from]))
    case 'one':
      return new Set(expression.items.flatMap((item) => [...ends(item, word, from)]))
    case 'repeat': {
      const { item, min, max } = expression
      let reached = new Set([from])
      for (let i = 0; i < min; i++) reached = after(item, word, reached)
      for (let i = min, before = -1; i < (max ?? Number.POSITIVE_INFINITY) && before < reached.size; i++) {
        before = reached.size
        reached = new Set([...reached, ...after(item, word, reached)])
      }
      return reached
    }
    default:
      throw new Error(`${expression.kind} is not in these tests`)
  }
}
const after = (item: Expression, word: string, starts: Set<number>) =>
  new Set([...starts].flatMap((start) => [...ends(item, word, start)]))

const words = Array.from({ length: 6 }, (_, length) =>
  Array.from({ length: 2 ** length }, (_, bits) => [...bits.toString(2).padStart(length, '0')].join('')),
).flatMap((all, length) => (length === 0 ? [''] : all.map((word) => word.replaceAll('0', 'a').replaceAll('1', 'b'))))
const textsOf = (expression: Expression) => words.filter((word) => ends(expression, word, 0).has(word.length))

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(text('a'), text('b'), text('ab'), text(''), oneCharOf(charSet('a'))),
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => all(...items)),
    fc.array(tie('expression'), { minLength: 1, maxLength: 3 }).map((items) => one(...items)),
    fc.tuple(tie('expression'), fc.integer({ min: 0, max: 2 })).map(([item, min]) => repeat(item, min, null)),
    tie('expression').map(optional),
  ),
}))

it('takes the very texts of the loop as it was written', () => {
  fc.assert(
    fc.property(expression, fc.constantFrom(0 as const, 1 as const), (item, min) => {
      expect(textsOf(loop(item, min))).toEqual(textsOf(repeat(item, min, null)))
    }),
    { numRuns: 3000 },
  )
})

it.each([
  ['((a+)* ?)*', '(a| )*'],
  ['(a+b?)+', '(ab?)+'],
  ['(a*)*', 'a*'],
  ['(|a)+', '(a)*'],
])('%s becomes %s', (written, read) => {
  const plain = (source: string) =>
    JSON.stringify(parseRegex(source, 'regex')).replaceAll(/\{"kind":"one","items":\[(\{[^[\]]*\})\]\}/g, '$1')
  expect(plain(written)).toBe(plain(read))
})
