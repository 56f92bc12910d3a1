// How the text of an environment variable becomes a value: one schema for each kind. Schemas only say no; the message,
// with the variable's name and what is allowed, is made in settings.ts.

import { z } from 'zod'
import { parseRedisAddress } from './redis-address.ts'

export const wholeNumber = (min: number, max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((value) => value >= min && value <= max)

export const ports: z.ZodType<number[], string> = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine((parts) => parts.every((part) => /^\d{1,5}$/.test(part)))
  .transform((parts) => [...new Set(parts.map(Number))])
  .refine((all) => all.every((port) => port >= 1 && port <= 65_535))

export const redisUrl: z.ZodType<string, string> = z.string().refine((text) => parseRedisAddress(text) !== null)

export const httpUrl: z.ZodType<string, string> = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text))

const bytesOf = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 } as const

const size = z
  .string()
  .regex(/^\d+(b|kb|mb|gb)?$/i)
  .transform((text) => {
    const unit = (/[a-z]+$/i.exec(text)?.[0].toLowerCase() ?? 'b') as keyof typeof bytesOf
    return Number.parseInt(text, 10) * bytesOf[unit]
  })
  // Beyond it a body can't be one string in JavaScript.
  .refine((bytes) => bytes >= 1024 && bytes <= bytesOf.gb / 2)

/** `2mb,64mb`; one value alone is the limit of all bodies but logs, which may always be at least as large as others. */
export const bodyLimits: z.ZodType<{ bodyBytes: number; logBytes: number }, string> = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(size).min(1).max(2))
  .transform(([bodyBytes = 0, logBytes = Math.max(bodyBytes, 64 * bytesOf.mb)]) => ({ bodyBytes, logBytes }))

export const origins: z.ZodType<string[], string> = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((all) => all.every((origin) => origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)))

export const flag: z.ZodType<boolean, string> = z
  .string()
  .transform((text) => text.toLowerCase())
  .refine((text) => ['', '0', '1', 'false', 'true', 'no', 'yes'].includes(text))
  .transform((text) => ['1', 'true', 'yes'].includes(text))

/** The text with every password of a URL in it masked, for messages and logs. Works on what isn't a valid URL too. */
export function withoutPasswords(text: string): string {
  return text.replace(/:\/\/([^:@/]*):.*@/g, '://$1:***@').replace(/([?&](?:sentinel_)?password=)[^&\s]*/gi, '$1***')
}

/** Equal but for one character that is missing, added or another. */
export function isOneTypoAway(left: string, right: string): boolean {
  const [short, long] = left.length <= right.length ? [left, right] : [right, left]
  if (long.length - short.length > 1) return false
  let same = 0
  while (same < short.length && short[same] === long[same]) same++
  return short.slice(long.length === short.length ? same + 1 : same) === long.slice(same + 1)
}
