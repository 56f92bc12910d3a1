// What a benchmark has found: tables, and claims with the limit that each is held to. Printed as it comes; the README
// gets the same text.

export interface Claim {
  what: string
  value: number
  /** `x` for ratios, `ms`, or '' for counts. */
  unit: 'x' | 'ms' | ''
  limit: { atLeast: number } | { atMost: number }
}

export class Report {
  readonly #parts: string[] = []
  readonly #claims: Claim[] = []

  /** A Markdown table under a line that says what it shows. */
  table(caption: string, head: string[], rows: (string | number)[][]): void {
    this.#add(`${caption}\n\n${table(head, rows)}`)
  }

  note(text: string): void {
    this.#add(text)
  }

  /** A claim against a peer that is not there is not made; one whose value is no number is made, and not kept. */
  claim(claim: Claim): void {
    this.#claims.push(claim)
  }

  get allKept(): boolean {
    return this.#claims.every(isKept)
  }

  /** Prints the claims; call it last. @returns the whole report as Markdown */
  finish(): string {
    const rows = this.#claims.map((claim) => [
      claim.what,
      figure(claim.value, claim.unit),
      'atLeast' in claim.limit
        ? `at least ${figure(claim.limit.atLeast, claim.unit)}`
        : `at most ${figure(claim.limit.atMost, claim.unit)}`,
      isKept(claim) ? 'yes' : 'no',
    ])
    this.table('What each figure is held to:', ['claim', 'measured', 'limit', 'kept'], rows)
    return this.#parts.join('\n\n')
  }

  #add(part: string): void {
    this.#parts.push(part)
    process.stdout.write(`\n${part}\n`)
  }
}

/** Of nothing measured the median is NaN and the largest is -Infinity: no limit holds for those. */
function isKept({ value, limit }: Claim): boolean {
  return Number.isFinite(value) && ('atLeast' in limit ? value >= limit.atLeast : value <= limit.atMost)
}

function figure(value: number, unit: Claim['unit']): string {
  if (!Number.isFinite(value)) return 'nothing'
  if (unit === 'x') return `${value.toFixed(2)}x`
  return unit === 'ms' ? `${value.toFixed(1)} ms` : String(value)
}

/** A ratio to a baseline, `-` where that was not measured. */
export function ratio(ours: number, theirs: number | undefined): string {
  return theirs === undefined || !Number.isFinite(ours / theirs) ? '-' : figure(ours / theirs, 'x')
}

/** For a terminal and for Markdown alike. */
function table(head: string[], rows: (string | number)[][]): string {
  const cells = [head, ...rows.map((row) => row.map((cell) => cell.toLocaleString('en')))]
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [
    line(cells[0]!),
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...cells.slice(1).map(line),
  ].join('\n')
}
