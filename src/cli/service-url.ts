// Which service a command talks to.

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
