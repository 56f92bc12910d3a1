// The lines of a log of the set, which is UTF-8 throughout. Kept apart from the analysis' own reading, so that the two can
// disagree.

const colourCode = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g')

/** As they are in the file; a final line break starts no line. */
export function rawLines(log: Uint8Array): string[] {
  const text = new TextDecoder().decode(log)
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}

/** A line as a reader sees it: where label texts are looked for. */
export function withoutColours(line: string): string {
  return line.replace(colourCode, '')
}
