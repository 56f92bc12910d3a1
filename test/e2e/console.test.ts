// The console in a real Chromium: what a person sees and does. Every test also fails on a console error, a blocked
// resource or a request to anywhere else.

import type { Page } from 'playwright-core'
import { beforeEach, expect, test } from 'vitest'
import type { RunningService } from '../api/running-service.ts'
import { seriousFindings } from '../support/accessibility.ts'
import { servicePages } from '../support/service-pages.ts'

const current = servicePages({
  stepsPerSecond: 25,
  maxContext: 2048,
  // The page has no ignore_eos: an answer that ends when it likes would be over before a test has acted on it.
  env: { DISCONNECT_GRACE_MS: '10000' },
})
let service: RunningService
let page: Page
let complaints: string[]
beforeEach(() => {
  ;({ service, page, complaints } = current)
})

const state = (name: string) => page.locator(`.state[data-state=${name}]`)
const answer = () => page.getByRole('region', { name: 'Answer' })
/** Text of the page's own language: it runs there, not here. */
const inPage = <Value>(code: string) => page.evaluate(code) as Promise<Value>
const untilLength = (length: number) =>
  expect.poll(async () => (await answer().textContent())?.length, { timeout: 20_000 }).toBeGreaterThan(length)
const figure = async (name: string) =>
  (await page
    .locator('dl.figures div', { has: page.locator(`dt:text-is("${name}")`) })
    .locator('dd')
    .textContent()) ?? ''

async function generate(prompt: string, maxTokens: number): Promise<void> {
  await page.goto(`${service.url}/`)
  await page.getByLabel('Prompt').fill(prompt)
  await page.getByText('Settings').click()
  await page.getByLabel('Max tokens').fill(String(maxTokens))
  await page.getByRole('button', { name: 'Generate' }).click()
}

test('an answer appears token by token and ends with its figures', async () => {
  await generate('Tell me a story', 30)
  await state('running').waitFor()
  await state('ended').waitFor()
  const id = page.url().split('/').at(-1)
  const { result } = (await (await fetch(`${service.url}/jobs/${id}`)).json()) as { result: Record<string, unknown> }
  expect(await answer().textContent()).toBe(result.text)
  expect(await figure('Finish reason')).toBe(result.finish_reason)
  expect(await figure('Tokens')).toBe(String(result.tokens_generated))
})

test('a reload in the middle of a stream goes on exactly', async () => {
  await generate('A long story', 250)
  await untilLength(40)
  await page.reload()
  await state('running').waitFor()
  await state('ended').waitFor()
  const id = page.url().split('/').at(-1)
  const job = (await (await fetch(`${service.url}/jobs/${id}`)).json()) as { result: { text: string }; attempt: number }
  expect(await answer().textContent()).toBe(job.result.text)
  expect(await page.getByLabel('Prompt').inputValue()).toBe('A long story')
  expect(job.attempt).toBe(1)
})

test('stop ends the stream and shows what was used', async () => {
  await generate('A long story', 1000)
  await untilLength(20)
  await page.keyboard.press('Escape')
  await page
    .getByRole('button', { name: 'Stop' })
    .click({ timeout: 2000 })
    .catch(() => {})
  await state('stopped').waitFor()
  expect(await state('stopped').textContent()).toBe('Stopped')
  expect(await figure('Finish reason')).toBe('cancelled')
  expect(Number(await figure('Tokens'))).toBeGreaterThan(0)
})

test('a wrong setting is told in the words of the service', async () => {
  await generate('Hello', 999_999)
  await page.getByRole('alert').filter({ hasText: 'max_tokens is 999999' }).waitFor()
  complaints.length = 0
})

test('what a model says is never read as HTML', async () => {
  const text = '<img src="/nothing" onerror="alert(1)">'
  const end = { finish_reason: 'stop', tokens_generated: 1, usage: { prompt_tokens: 1 }, timings: {} }
  const events = `id: 1\nevent: token\ndata: ${JSON.stringify({ token: text })}\n\nid: 2\nevent: done\ndata: ${JSON.stringify(end)}\n\n`
  await page.route('**/jobs/job_x/stream', (route) => route.fulfill({ contentType: 'text/event-stream', body: events }))
  await page.goto(`${service.url}/#/generate/job_x`)
  await state('ended').waitFor()
  expect(await answer().textContent()).toBe(text)
  expect(await page.locator('.answer img').count()).toBe(0)
})

const log = [
  'Run npm run build',
  '\u001b[32mtoken=ghp_0123456789abcdefghijABCDEFGHIJ012345 is set',
  'src/app.ts(3,7): error TS2322: Type <b>string</b> is not assignable to type number.',
  'npm ERR! code 1',
].join('\n')

test('a pasted log is analysed, and its failing line is marked and redacted', async () => {
  await page.goto(`${service.url}/#/analyze`)
  await page.getByLabel('Log text').fill(log)
  await page.getByRole('button', { name: 'Analyze', exact: true }).click()
  await state('ended').waitFor()
  await page.getByRole('heading', { name: /not assignable to type number/ }).waitFor()
  expect(await page.locator('.log-line.best .text').textContent()).toContain('error TS2322')
  expect(await page.locator('.analysis').textContent()).not.toContain('ghp_')
  // Not a line that failed, and marked as well.
  await page.getByRole('button', { name: 'Next redaction' }).click()
  const redacted = page.locator('.log-line', { has: page.locator('mark.redacted') })
  expect(await redacted.locator('.text').allTextContents()).toEqual(['token=[REDACTED:github-token:1] is set'])
  expect(await redacted.locator('mark').textContent()).toBe('[REDACTED:github-token:1]')
  expect(await page.locator('.stages li').count()).toBeGreaterThanOrEqual(4)
  expect(await page.locator('.analysis b, .log-line b').count()).toBe(0)
})

test('Ctrl+Enter in the log text analyses it, as the page says', async () => {
  await page.goto(`${service.url}/#/analyze`)
  await page.getByText('Ctrl+Enter starts, Esc stops').waitFor()
  await page.getByLabel('Log text').fill(log)
  await page.getByLabel('Log text').press('Control+Enter')
  await state('ended').waitFor()
  await page.getByRole('heading', { name: /not assignable to type number/ }).waitFor()
})

test('a log of 20 MB is dropped and analysed while the page stays responsive', async () => {
  await page.goto(`${service.url}/#/analyze`)
  // As a person drops it; the file is made in the page, and the longest pause of its event loop is kept.
  await inPage(`{
    const line = '2026-01-01T00:00:00Z INFO worker handled request in 12 ms ' + 'x'.repeat(50) + '\\n'
    const text = line.repeat(Math.ceil((20 * 1024 * 1024) / line.length)) + "main.c:3:1: error: expected ';' before '}' token\\n" + line.repeat(10)
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([text], 'big.log'))
    let last = performance.now()
    window.longestPauseMs = 0
    setInterval(() => {
      window.longestPauseMs = Math.max(window.longestPauseMs, performance.now() - last)
      last = performance.now()
    }, 10)
    document.querySelector('main .split').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }))
  }`)
  await page.getByText(/20\.\d MB, \d+,\d+ lines/).waitFor()
  await page.getByRole('button', { name: 'Analyze', exact: true }).click()
  await state('ended').waitFor({ timeout: 90_000 })
  expect(await page.locator('.log-line.best .text').textContent()).toContain("error: expected ';'")
  // A frozen page would have stood still for as long as the whole analysis took.
  expect(await inPage<number>('window.longestPauseMs')).toBeLessThan(5000)
  // Only what is in sight is in the page.
  expect(await page.locator('.log-line').count()).toBeLessThan(200)
}, 120_000)

test('the jobs page shows running streams live over one connection, and stops them', async () => {
  const streams: string[] = []
  page.on('request', (request) => /\/(activity|stream)$/.test(request.url()) && streams.push(request.url()))
  const started = await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const body = JSON.stringify({ kind: 'generate', prompt: `story ${i}`, max_tokens: 1500, ignore_eos: true })
      const headers = { 'content-type': 'application/json' }
      return (await (await fetch(`${service.url}/jobs`, { method: 'POST', headers, body })).json()) as { id: string }
    }),
  )
  await page.goto(`${service.url}/#/jobs`)
  const talking = page.locator('.words', { hasText: /\S/ })
  await expect.poll(() => talking.count(), { timeout: 20_000 }).toBeGreaterThanOrEqual(4)
  expect(await page.locator('td.job-queued').first().textContent()).toMatch(/queued: number \d/)
  expect(streams).toHaveLength(1)
  for (const { id } of started) {
    await page.getByRole('button', { name: `Stop job ${id}` }).click()
    await page.getByRole('button', { name: `Stop job ${id}` }).waitFor({ state: 'hidden' })
  }
})

test('every page is without serious findings of axe, light and dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const name of ['generate', 'analyze', 'jobs']) {
      await page.goto(`${service.url}/#/${name}`)
      await page.locator('h1').waitFor()
      expect(await seriousFindings(page), `${name}, ${colorScheme}`).toEqual([])
    }
  }
})

test('everything that can be clicked can be reached by keyboard', async () => {
  await page.goto(`${service.url}/#/generate`)
  const reached = new Set<string>()
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab')
    reached.add(await inPage('document.activeElement.textContent.trim() || document.activeElement.id'))
  }
  for (const name of ['Generate', 'Analyze', 'Jobs', 'Copy text', 'Copy link', 'field-prompt', 'Settings']) {
    expect([...reached]).toContain(name)
  }
})

test('the page fits a phone', async () => {
  await page.setViewportSize({ width: 380, height: 800 })
  for (const name of ['generate', 'analyze', 'jobs']) {
    await page.goto(`${service.url}/#/${name}`)
    await page.locator('h1').waitFor()
    expect(await inPage('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(380)
  }
})
