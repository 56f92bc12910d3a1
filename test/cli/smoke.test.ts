// `npm run smoke` as a process, against a server that speaks the wire format or breaks it in one way.

import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { type CommandResult, runCommand } from '../../src/cli/run-command.ts'

const main = fileURLToPath(new URL('../../src/cli/smoke.ts', import.meta.url))
const smoke = (...args: string[]): Promise<CommandResult> => smokeWith('', ...args)
const smokeWith = (key: string, ...args: string[]): Promise<CommandResult> =>
  runCommand(process.execPath, ['--import', 'tsx', main, ...args], {
    ...{ timeoutMs: 60_000, env: { ...process.env, API_KEY: key } },
  })

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

type Fault = 'none' | 'error event' | 'no done' | 'other full_text' | 'at once' | 'falling ids'

async function serve(fault: Fault, key = ''): Promise<string> {
  server = createServer((request, response) => {
    request.resume()
    const url = request.url ?? ''
    if (url === '/health') response.end(JSON.stringify({ status: 'ok', model: 'tiny' }))
    else if (key !== '' && request.headers.authorization !== `Bearer ${key}`) response.writeHead(401).end()
    else if (url.endsWith('/stream')) void stream(response, fault)
    else
      response.end(
        JSON.stringify({ text: 'Hi', full_text: 'Hi', analysis: {}, tokens_generated: 1, finish_reason: 'stop' }),
      )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function stream(response: ServerResponse, fault: Fault): Promise<void> {
  const write = (id: number, event: string, data: object): void =>
    void response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  write(0, 'queued', { id: 'x', position: 0 })
  if (fault === 'at once') await sleep(300)
  for (let seq = 1; seq <= 10; seq++) {
    write(fault === 'falling ids' ? 20 - seq : seq, 'token', { token: 'é ' })
    if (fault !== 'at once') await sleep(5)
  }
  const full_text = fault === 'other full_text' ? 'something else' : 'é '.repeat(10)
  if (fault === 'error event') write(11, 'error', { error: 'broken', code: 'internal' })
  else if (fault !== 'no done') write(11, 'done', { tokens_generated: 10, finish_reason: 'length', full_text })
  response.end()
}

test('a service that keeps the format passes all eight', async () => {
  const { exitCode, output } = await smoke(await serve('none'))
  expect(output.trimEnd().split('\n').at(-1)).toBe('Passed: 8 Failed: 0')
  expect(output).toMatch(/^7\. PASS {2}Time to first token: \d+ ms$/m)
  expect(output).toMatch(/^8\. PASS {2}Total time: \d+ ms for 10 tokens, [\d.]+ tokens a second$/m)
  expect(exitCode).toBe(0)
})

test('--json tells a program the same', async () => {
  const { exitCode, output } = await smoke('--json', await serve('no done'))
  const { passed, failed, scenarios } = JSON.parse(output)
  expect({ passed, failed, exitCode }).toEqual({ passed: 4, failed: 4, exitCode: 1 })
  expect(scenarios).toHaveLength(8)
  expect(scenarios.find((one: { passed: boolean }) => !one.passed)).toEqual({
    ...{ name: 'Streaming generation', passed: false },
    text: expect.stringContaining('0 done events'),
  })
})

test('a service with keys gets the one in API_KEY', async () => {
  const { exitCode, output } = await smokeWith('s3cret', await serve('none', 's3cret'))
  expect(output.trimEnd().split('\n').at(-1)).toBe('Passed: 8 Failed: 0')
  expect(exitCode).toBe(0)
})

test.each([
  [
    'error event',
    4,
    'FAIL  Streaming generation: the stream ended with an error: {"error":"broken","code":"internal"}',
  ],
  ['no done', 4, 'FAIL  Streaming generation: the stream has 0 done events'],
  ['other full_text', 7, 'FAIL  Streaming log analysis: the streamed tokens, joined, differ from full_text'],
  ['at once', 7, 'FAIL  Time to first token: all tokens came at once at the end'],
  ['falling ids', 4, 'FAIL  Streaming generation: the ids do not rise'],
] as const)('%s: %i of 8 pass', async (fault, passed, line) => {
  const { exitCode, output } = await smoke(await serve(fault))
  expect(output).toContain(line)
  expect(output.trimEnd().split('\n').at(-1)).toBe(`Passed: ${passed} Failed: ${8 - passed}`)
  expect(exitCode).toBe(1)
})

test('a service that is not there fails all eight with the reason', async () => {
  const { exitCode, output } = await smoke('http://127.0.0.1:1')
  expect(output).toContain('1. FAIL  Health of the model service: fetch failed')
  expect(output.trimEnd().split('\n').at(-1)).toBe('Passed: 0 Failed: 8')
  expect(exitCode).toBe(1)
})

test('help is told, and asks no service', async () => {
  const { exitCode, output } = await smoke('--help')
  expect(output).toContain('Usage: npm run smoke -- [options] [url]')
  expect(exitCode).toBe(0)
})

test('a word too many is one line', async () => {
  const { exitCode, output } = await smoke('http://127.0.0.1:1', 'twice')
  expect(output).toBe('error: too many arguments. Expected 1 argument but got 2.\n')
  expect(exitCode).toBe(2)
})

test('an argument that is no URL is one line', async () => {
  const { exitCode, output } = await smoke('localhost:8002')
  expect(output).toBe('error: "localhost:8002" is no URL; give one such as http://127.0.0.1:8002\n')
  expect(exitCode).toBe(78)
})
