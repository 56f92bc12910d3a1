// Lines made to make a regular expression slow: the beginnings of lines that it is meant for, followed by long runs of what
// patterns repeat, and an end that lets no match succeed.

export interface HostileLine {
  start: string
  run: string
  end: string
}

/** Letters, digits, blanks, path and name characters; a rule's own words come on top. */
const runs = ['a', ' ', '1', '/', '.', '-', ':', 'a.', 'a/', '1:', ' a', "'", '"', '| ']
const ends = ['', '\u0000']
/** Words between bars: of `(?:xy|xyxy)+` no single letter shows that it is slow. */
const mostAlternatives = 8

/** @param examples lines that the pattern matches, or nearly */
export function hostileLines(pattern: RegExp, examples: string[]): HostileLine[] {
  const literals = new Set(pattern.source.match(/[\w=<>,;@#]|[^\s!-~]/gu))
  const alternatives = new Set(pattern.source.match(/(?<=[(|:])[^\s\\()[\]{}|?*+^$.]{2,8}(?=[|)])/g))
  const named = [...literals, ...[...alternatives].slice(0, mostAlternatives)]
  return examples.slice(0, 2).flatMap((example) => {
    const words = example.split(/(?<=\W)/).slice(0, 5)
    const starts = ['', ...words.map((_, i) => words.slice(0, i + 1).join(''))]
    const own = [example, ...words.filter((word) => word.trim() !== '').slice(0, 2)]
    // What the pattern itself names is tried without a beginning only: it would be too much otherwise.
    const pairs = [
      ...starts.flatMap((start) => [...runs, ...own].map((run) => ({ start, run }))),
      ...named.map((run) => ({ start: '', run })),
    ]
    return pairs.flatMap((pair) => ends.map((end) => ({ ...pair, end })))
  })
}

export function filled({ start, run, end }: HostileLine, length: number): string {
  return (start + run.repeat(length)).slice(0, length - end.length) + end
}
