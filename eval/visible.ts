// A line as a reader sees it, for finding label texts: without colour codes. Kept apart from the analysis' own reading.

const colourCode = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g')

export function withoutColours(line: string): string {
  return line.replace(colourCode, '')
}
