// How `npm start` shows what its processes log: one short line each, for people. Machines read the JSON lines that
// `npm run api` and `npm run worker` write.

const gray = '\u001b[90m'
const yellow = '\u001b[33m'
const red = '\u001b[31m'
const plain = '\u001b[0m'

const levelNames: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

/** Fields of a log line that say nothing new in one terminal. */
const left = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'v', 'err'])

/**
 * `12:03:04 [worker 1] warn: job abandoned jobId=abc` from a line of pino's. What isn't JSON is shown as it is, under the
 * process's name.
 */
export function terminalLine(name: string, line: string, colors: boolean): string {
  const paint = (color: string, text: string): string => (colors ? color + text + plain : text)
  const record = parseRecord(line)
  if (record === null) return `${clock(Date.now())} [${name}] ${line}`
  const level = typeof record.level === 'number' ? (levelNames[record.level] ?? '') : String(record.level ?? '')
  const severe = level === 'error' || level === 'fatal'
  const mark = severe ? paint(red, `${level}: `) : level === 'warn' ? paint(yellow, 'warn: ') : ''
  const fields = Object.entries(record)
    .filter(([key]) => !left.has(key))
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const time = typeof record.time === 'number' ? record.time : Date.now()
  return (
    `${paint(gray, clock(time))} [${name}] ${mark}${record.msg ?? ''}` +
    `${paint(gray, fields.join(''))}${errorText(record.err, severe)}`
  )
}

function parseRecord(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    // A program's own text that happens to begin with a brace.
    return null
  }
}

/** The stack only of what is serious: a warning's is noise. */
function errorText(error: unknown, severe: boolean): string {
  if (typeof error !== 'object' || error === null) return ''
  const { message, stack } = error as { message?: string; stack?: string }
  return severe && stack ? `\n${stack}` : ` (${message ?? ''})`
}

function clock(time: number): string {
  return new Date(time).toTimeString().slice(0, 8)
}
