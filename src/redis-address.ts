// Where Redis is, as REDIS_URL says it:
//
//   redis://[user:password@]host[:port][/db]                              one server
//   redis+sentinel://[user:password@]host[:port],host[:port]/name[/db]    the primary that Sentinels name
//   redis+cluster://[user:password@]host[:port],host[:port]               a cluster, found through any of its nodes
//
// rediss instead of redis: over TLS. `?sentinel_password=` is for Sentinels that ask for one of their own.

export interface HostAndPort {
  host: string
  port: number
}

interface Access {
  hosts: HostAndPort[]
  tls: boolean
  username: string | undefined
  password: string | undefined
}

export type RedisAddress =
  | { kind: 'server'; url: string }
  | (Access & { kind: 'sentinel'; name: string; db: number; sentinelPassword: string | undefined })
  | (Access & { kind: 'cluster' })

const several = /^redis(s?)\+(sentinel|cluster):\/\/(?:([^@]*)@)?([^/?]*)(\/[^?]*)?(\?.*)?$/

/** null where the text is not such an address. */
export function parseRedisAddress(text: string): RedisAddress | null {
  if (/^rediss?:\/\//.test(text)) return isServerUrl(text) ? { kind: 'server', url: text } : null
  const match = several.exec(text)
  if (!match) return null
  const [, tls, kind, credentials = '', list = '', path = '', query = ''] = match
  const hosts = list.split(',').map((entry) => parseHost(entry, kind === 'sentinel' ? 26_379 : 6379))
  if (hosts.some((host) => host === null) || /%(?![\da-f]{2})/i.test(credentials)) return null
  const [username, password] = parseCredentials(credentials)
  const access: Access = { hosts: hosts as HostAndPort[], tls: tls === 's', username, password }
  const [name = '', db = '0', ...more] = path.split('/').slice(1)
  if (kind === 'cluster') return name === '' && query === '' ? { kind, ...access } : null
  if (!/^[\w.-]+$/.test(name) || !/^\d+$/.test(db) || more.length > 0) return null
  const sentinelPassword = new URLSearchParams(query).get('sentinel_password') ?? undefined
  return { kind: 'sentinel', ...access, name, db: Number(db), sentinelPassword }
}

function isServerUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).hostname !== ''
}

function parseHost(entry: string, defaultPort: number): HostAndPort | null {
  // A scheme that URL knows, so that IPv6 in brackets and bad ports are its business.
  const text = `http://${entry}`
  if (!/^[\w.:[\]-]+$/.test(entry) || !URL.canParse(text)) return null
  const { hostname, port } = new URL(text)
  const given = /:(\d+)$/.exec(entry.replace(/^\[.*\]/, ''))
  return { host: hostname.replace(/^\[|\]$/g, ''), port: given ? Number(port || 80) : defaultPort }
}

function parseCredentials(text: string): [username: string | undefined, password: string | undefined] {
  if (text === '') return [undefined, undefined]
  const colon = text.indexOf(':')
  const [username, password] = colon < 0 ? ['', text] : [text.slice(0, colon), text.slice(colon + 1)]
  return [username === '' ? undefined : decodeURIComponent(username), decodeURIComponent(password)]
}
