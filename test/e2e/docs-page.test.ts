// The API's page in a real Chromium. Every test also fails on a console error, a blocked resource or a request to anywhere
// else.

import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { routeDocs } from '../../src/api/route-docs.ts'
import { type RunningService, startService } from '../api/running-service.ts'
import { seriousFindings } from '../support/accessibility.ts'
import { noChromium, startBrowser } from '../support/browser.ts'

let service: RunningService
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  if (noChromium !== null) return
  browser = await startBrowser()
  service = await startService({ maxContext: 1024 })
})
afterAll(async () => {
  await browser?.close()
  await service?.stop()
})
beforeEach(async ({ skip }) => {
  if (noChromium !== null) skip(noChromium)
  complaints.length = 0
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    if (!request.url().startsWith(service.url)) complaints.push(request.url())
  })
  await page.goto(`${service.url}/docs`)
  await page.locator('details.route').first().waitFor()
})
afterEach(async () => {
  await page?.close()
  if (noChromium === null) expect(complaints).toEqual([])
})

const route = (id: string) => page.locator(`#${id}`)
const opened = async (id: string) => {
  await route(id).locator('summary').first().click()
  return route(id)
}

test('every route of the service is there, and reachable from the contents', async () => {
  expect(await page.locator('details.route').count()).toBe(routeDocs.length)
  await page.getByRole('link', { name: 'POST /v1/chat/completions' }).click()
  await expect.poll(() => route('postV1ChatCompletions').getAttribute('open')).not.toBeNull()
  expect(await route('postV1ChatCompletions').textContent()).toContain('max_completion_tokens')
})

test('an example is sent as it stands, and what comes back is shown', async () => {
  const generate = await opened('postGenerate')
  await generate.getByRole('button', { name: 'choice' }).click()
  await generate.getByRole('button', { name: 'Send' }).click()
  const output = generate.getByRole('status')
  await expect.poll(() => output.textContent(), { timeout: 20_000 }).toMatch(/^200 OK.*"text": "(yes|no)"/s)
})

test('a stream is shown as it comes', async () => {
  const chat = await opened('postV1ChatCompletions')
  await chat.getByRole('button', { name: 'stream' }).click()
  await chat.getByRole('button', { name: 'Send' }).click()
  await expect.poll(() => chat.getByRole('status').textContent(), { timeout: 20_000 }).toContain('data: [DONE]')
})

test('a job is looked up by the id that was typed in, and a refusal is shown', async () => {
  const job = await opened('getJobsId')
  await job.getByLabel('id').fill('job_unknown')
  // The browser itself reports the 404.
  await job.getByRole('button', { name: 'Send' }).click()
  await expect.poll(() => job.getByRole('status').textContent()).toMatch(/^404.*"not_found"/s)
  expect(complaints.splice(0)).toEqual([expect.stringContaining('404')])
})

test('axe finds nothing serious', async () => {
  await opened('postGenerate')
  expect(await seriousFindings(page)).toEqual([])
})
