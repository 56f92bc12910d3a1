// Structured log lines, one JSON object each, as the text a person would read: `ERROR message: error`.

const maxJsonLength = 16_384
const messageKeys = ['msg', 'message', 'log', 'event', '@message', 'MESSAGE', 'textPayload']
const levelKeys = ['level', 'severity', 'lvl', 'levelname', 'log.level', '@level', 'LEVEL']
const errorKeys = ['error', 'err', 'exception', 'stack', 'stack_trace', 'error.message']

/** pino and bunyan write levels as numbers. */
const numericLevels: Record<string, string> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
}

/** The readable text of a JSON line; the line itself when it is none, or has no message. */
export function readableLine(text: string): string {
  if (!text.startsWith('{') || !text.endsWith('}') || text.length > maxJsonLength) return text
  const record = parseRecord(text)
  if (record === null) return text
  const message = firstText(record, messageKeys)
  const error = firstText(record, errorKeys)
  if (message === null && error === null) return text
  const level = firstText(record, levelKeys)
  const parts = [
    level === null ? '' : `${(numericLevels[level] ?? level).toUpperCase()} `,
    message ?? '',
    error === null || error === message ? '' : `${message === null ? '' : ': '}${error}`,
  ]
  // A stack inside the object stays one line, as it was one in the log.
  return parts
    .join('')
    .trimEnd()
    .replaceAll(/\s*\n\s*/g, ' | ')
}

function parseRecord(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    // Text that only looks like JSON is an ordinary line.
    return null
  }
}

function firstText(record: Record<string, unknown>, keys: string[]): string | null {
  for (const key of keys) {
    const value = record[key]
    if (typeof value === 'string' && value.trim() !== '') return value
    if (typeof value === 'number') return String(value)
    if (typeof value === 'object' && value !== null) {
      const inner = firstText(value as Record<string, unknown>, ['stack', 'message', 'msg', 'type'])
      if (inner !== null) return inner
    }
  }
  return null
}
