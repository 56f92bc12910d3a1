import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StopStrings } from '../../src/inference/stop-strings.ts'

function run(pieces: string[], stops: string[]) {
  const search = new StopStrings(stops)
  const shown: string[] = []
  for (const piece of pieces) {
    const { text, stopped } = search.push(piece)
    shown.push(text)
    if (stopped) return { shown, stopped, text: shown.join('') }
  }
  shown.push(search.flush())
  return { shown, stopped: false, text: shown.join('') }
}

/** Few letters and many repeats, so that stop strings occur, overlap and almost occur. */
const letters = fc.string({ unit: fc.constantFrom('a', 'b', '🙂'), maxLength: 12 })
const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '🙂'), minLength: 1, maxLength: 4 }), {
  maxLength: 4,
})

describe('stop strings', () => {
  it('are found across pieces and never shown', () => {
    expect(run(['one EN', 'D two'], ['END'])).toMatchObject({ shown: ['one ', ''], stopped: true })
  })

  it('hold back only what may become one', () => {
    expect(run(['a<', 'b<|', '|>c'], ['<|end'])).toMatchObject({ shown: ['a', '<b', '<||>c', ''], stopped: false })
    expect(run(['ok <|en'], ['<|end'])).toMatchObject({ shown: ['ok ', '<|en'], stopped: false })
  })

  it('take the one that is complete first', () => {
    expect(run(['abcd'], ['abcd', 'bc']).text).toBe('a')
    expect(run(['xyz'], ['yz', 'xyz']).text).toBe('')
  })

  it('give the same text however it is cut, and none of it is a stop string', () => {
    fc.assert(
      fc.property(fc.array(letters), stops, (pieces, strings) => {
        const cut = run(pieces, strings)
        const characters = run([...pieces.join('')], strings)
        expect(cut.text).toBe(characters.text)
        expect(cut.stopped).toBe(characters.stopped)
        for (const stop of strings) expect(cut.text).not.toContain(stop)
        if (!cut.stopped) expect(cut.text).toBe(pieces.join(''))
        else expect(pieces.join('').startsWith(cut.text)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
