// What stands in the place of a secret: `[REDACTED:github-token:1]`. The number is missing where there is no telling one from another.

export const placeholder = /\[REDACTED:[\w-]{1,40}(?::\d{1,9})?\]/g

/** Whether the offset lies in a placeholder, whose own words (`token:1`) read like an assignment. */
export function insidePlaceholder(text: string, offset: number): boolean {
  const before = text.slice(Math.max(0, offset - 60), offset)
  const start = before.lastIndexOf('[REDACTED:')
  return start !== -1 && !before.includes(']', start)
}
