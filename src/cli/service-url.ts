// Which service a command talks to, and asking it: with the key in API_KEY, if there is one.

import { AppError } from '../errors.ts'
import { readSettings } from '../settings.ts'
import { localUrl } from './readiness.ts'

/** The service that runs here, where no other is named. @throws AppError `bad_setting` */
export function serviceUrl(url: string | undefined): string {
  if (url === undefined) {
    const { host, ports } = readSettings(process.env)
    return localUrl(host, ports[0]!)
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new AppError('bad_setting', `"${url}" is no URL; give one such as http://127.0.0.1:8002`)
  }
  return url.replace(/\/+$/, '')
}

/** @throws AppError `unavailable` when nothing answers, `unauthorized` without the key it asks for, what it says of a wrong request */
export async function askService<Value>(base: string, path: string, init: RequestInit = {}): Promise<Value> {
  const headers = new Headers(init.headers)
  for (const [name, value] of Object.entries(keyHeaders(process.env))) headers.set(name, value)
  const response = await fetch(`${base}${path}`, { ...init, headers }).catch((cause) => {
    throw new AppError('unavailable', `nothing answers at ${base}; is the service running?`, { cause })
  })
  if (response.status === 204) return undefined as Value
  if (response.ok) return (await response.json()) as Value
  if (response.status === 401) throw new AppError('unauthorized', `${base} asks for a key: set API_KEY`)
  const { error } = (await response.json().catch(() => ({}))) as { error?: { message?: string } }
  const message = error?.message ?? `${base}${path} answered ${response.status}`
  throw new AppError(response.status >= 500 ? 'unavailable' : 'invalid_request', message)
}

/** The key to use it with, from the environment: command lines are for everyone on a machine to read. */
export function keyHeaders(env: NodeJS.ProcessEnv): Record<string, string> {
  const key = env.API_KEY?.trim()
  return key ? { Authorization: `Bearer ${key}` } : {}
}
