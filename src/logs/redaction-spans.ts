// Where the redacted parts of the lines are in the lines themselves, so that whoever has the log can mark them.

import { z } from 'zod'
import { placeholder } from './placeholder.ts'

/** Of a log full of secrets the first ones. */
export const mostSpans = 500

/** Columns are those of the visible line (without colour codes and what was overwritten), from 0, in UTF-16 units. */
export const redactedSpanSchema = z.object({
  line: z.int().min(1),
  start: z.int().min(0),
  end: z.int().min(0),
  placeholder: z.string(),
})
export type RedactedSpan = z.infer<typeof redactedSpanSchema>

/** A line's text, piece by piece: what stayed and what was replaced, in turn, beginning and ending with what stayed. */
const pieces = new RegExp(`(${placeholder.source})`)

/**
 * @param line 1-based
 * @param secretOf what a placeholder stands for, where that is known
 */
export function redactedSpans(
  line: number,
  { original, redacted }: { original: string; redacted: string },
  secretOf: (placeholder: string) => string | undefined,
): RedactedSpan[] {
  const spans: RedactedSpan[] = []
  const parts = redacted.split(pieces)
  let at = parts[0]!.length
  for (let i = 1; i < parts.length; i += 2) {
    const [name, kept] = [parts[i]!, parts[i + 1]!]
    // The log had it already.
    if (original.startsWith(name, at)) at += name.length + kept.length
    else {
      const end = endOf({ at, name, kept, isLast: i + 2 === parts.length })
      spans.push({ line, start: at, end, placeholder: name })
      at = end + kept.length
    }
  }
  return spans

  function endOf({ at, name, kept, isLast }: { at: number; name: string; kept: string; isLast: boolean }): number {
    const secret = plainOf(name, secretOf)
    if (secret !== undefined && original.startsWith(secret + kept, at)) return at + secret.length
    if (isLast) return Math.max(at, original.length - kept.length)
    const next = original.indexOf(kept, at + 1)
    return next === -1 ? original.length : next
  }
}

/** A secret may hold another one, which was replaced before it. */
function plainOf(name: string, secretOf: (placeholder: string) => string | undefined): string | undefined {
  return secretOf(name)?.replace(new RegExp(placeholder, 'g'), (inner) => plainOf(inner, secretOf) ?? inner)
}
