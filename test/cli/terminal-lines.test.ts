import { expect, test } from 'vitest'
import { terminalLine } from '../../src/cli/terminal-lines.ts'

const time = new Date(2026, 0, 2, 3, 4, 5).getTime()
const line = (record: object): string => terminalLine('worker 1', JSON.stringify({ time, ...record }), false)

test('a line of the log becomes time, process, message and fields', () => {
  expect(line({ level: 30, pid: 7, hostname: 'h', name: 'worker', msg: 'job done', jobId: 'a', tokens: 12 })).toBe(
    '03:04:05 [worker 1] job done jobId=a tokens=12',
  )
})

test('levels are told from warnings on, written as a number or as a word', () => {
  expect(line({ level: 40, msg: 'slow' })).toBe('03:04:05 [worker 1] warn: slow')
  expect(line({ level: 'error', msg: 'broken' })).toBe('03:04:05 [worker 1] error: broken')
})

test("an error's stack is shown where it is serious, else its message", () => {
  const err = { message: 'no route', stack: 'Error: no route\n    at x' }
  expect(line({ level: 40, msg: 'away', err })).toBe('03:04:05 [worker 1] warn: away (no route)')
  expect(line({ level: 50, msg: 'away', err })).toBe('03:04:05 [worker 1] error: away\nError: no route\n    at x')
})

test('what is no JSON is shown as it is', () => {
  expect(terminalLine('api', 'plain text', false)).toMatch(/^\d\d:\d\d:\d\d \[api\] plain text$/)
  expect(terminalLine('api', '{not json', false)).toMatch(/\[api\] \{not json$/)
})
