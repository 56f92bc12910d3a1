// API keys as the environment gives them. Only their SHA-256 hashes leave this file, and no message ever quotes a key.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

export interface ApiKey {
  /** Who it is in logs and in the records of jobs. Keys of one name are one owner: that is how a key is replaced. */
  name: string
  /** SHA-256 of the key. */
  hash: Buffer
}

export interface Keys {
  /** Empty, and no adminKey: nobody is asked for a key. */
  apiKeys: ApiKey[]
  adminKey: ApiKey | null
}

/** Shorter ones could be guessed. */
const shortestKey = 8
export const allowedKeys = `NAME:KEY or KEY, comma-separated, or the path of a file with one a line; a key has at least ${shortestKey} visible ASCII characters`
/** The owner of what the admin key starts. */
export const adminName = 'admin'

export function hashOfKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** `alice:KEY,KEY,/run/secrets/keys`: an item that begins like a path is a file, `#` begins a comment in it. */
export const apiKeys: z.ZodType<ApiKey[], string> = z.string().transform((text, context) => {
  try {
    const keys = items(text).map(({ item, place }) => parseKey(item, place))
    // Taken for no keys at all, it would open the service to everyone.
    if (keys.length === 0) throw new Error('it names a file without a key')
    refuseSharedKeys(keys)
    return keys
  } catch (thrown) {
    context.addIssue((thrown as Error).message)
    return z.NEVER
  }
})

/** One key without a name, or the path of a file that holds it. */
export const adminKey: z.ZodType<ApiKey, string> = z.string().transform((text, context) => {
  try {
    const [only, ...more] = items(text, false)
    if (only === undefined || more.length > 0) throw new Error(`it has ${more.length + (only ? 1 : 0)} keys`)
    return { name: adminName, hash: hashOfKey(checked(only.item, only.place)) }
  } catch (thrown) {
    context.addIssue((thrown as Error).message)
    return z.NEVER
  }
})

/** The files among the items. */
export function keyFilesIn(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(isPath)
}

interface Item {
  item: string
  /** For messages: `key 2`, `line 7 of /run/secrets/keys`. */
  place: string
}

function items(text: string, several = true): Item[] {
  const parts = several ? text.split(',') : [text]
  return parts.flatMap((part, index) => {
    const item = part.trim()
    return isPath(item) ? linesOf(item) : [{ item, place: `key ${index + 1}` }]
  })
}

function isPath(item: string): boolean {
  return /^\.{0,2}\//.test(item)
}

function linesOf(path: string): Item[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Error(`the file ${path} can't be read (${(cause as NodeJS.ErrnoException).code})`, { cause })
  }
  return text.split('\n').flatMap((line, index) => {
    const item = line.trim()
    const place = `line ${index + 1} of ${path}`
    if (item === '' || item.startsWith('#')) return []
    if (item.includes(',')) throw new Error(`${place} has a comma; allowed: one key a line`)
    return [{ item, place }]
  })
}

function parseKey(item: string, place: string): ApiKey {
  const named = /^([^:]*):(.*)$/.exec(item)
  const hash = hashOfKey(checked(named?.[2] ?? item, place))
  const name = named?.[1] ?? `key-${hash.toString('hex').slice(0, 8)}`
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new Error(`the name of ${place} is not 1 to 64 letters, digits, dots, dashes and underscores`)
  }
  if (name === adminName) throw new Error(`the name of ${place} is ${adminName}, which is that of ADMIN_KEY`)
  return { name, hash }
}

function checked(key: string, place: string): string {
  if (!/^[\x21-\x7e]*$/.test(key)) throw new Error(`${place} has a space or a character that is not ASCII`)
  if (key.length < shortestKey) throw new Error(`${place} has ${key.length} characters`)
  return key
}

/** One key under two names would make it a matter of chance whose jobs it sees. */
function refuseSharedKeys(keys: ApiKey[]): void {
  const names = new Map<string, string>()
  for (const { name, hash } of keys) {
    const id = hash.toString('hex')
    const other = names.get(id)
    if (other !== undefined && other !== name) throw new Error(`${other} and ${name} have the same key`)
    names.set(id, name)
  }
}
