// The log of a process: JSON lines on stdout. Prompts, logs and generated text are never written to it.

import { type Logger, pino } from 'pino'

export type { Logger }

/** @param name the process: `api` or `worker` */
export function createLogger(name: string, level: string): Logger {
  return pino({
    name,
    level,
    formatters: { level: (label) => ({ level: label }) },
    redact: ['*.password', '*.prompt', '*.messages', '*.log_content'],
  })
}
