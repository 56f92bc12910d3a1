// The API's page in a real Chromium. Every test also fails on a console error, a blocked resource or a request to anywhere
// else.

import type { Page } from 'playwright-core'
import { beforeEach, expect, test } from 'vitest'
import { routeDocs } from '../../src/api/route-docs.ts'
import type { RunningService } from '../api/running-service.ts'
import { seriousFindings } from '../support/accessibility.ts'
import { servicePages } from '../support/service-pages.ts'

const current = servicePages({ maxContext: 1024 })
let service: RunningService
let page: Page
let complaints: string[]
beforeEach(async () => {
  ;({ service, page, complaints } = current)
  await page.goto(`${service.url}/docs`)
  await page.locator('details.route').first().waitFor()
})

const route = (id: string) => page.locator(`#${id}`)
const opened = async (id: string) => {
  await route(id).locator('summary').first().click()
  return route(id)
}

test('every route of the service is there, and reachable from the contents', async () => {
  expect(await page.locator('details.route').count()).toBe(routeDocs.length)
  await page.getByRole('link', { name: 'POST /v1/chat/completions' }).click()
  await expect.poll(() => route('postV1ChatCompletions').getAttribute('open'), { timeout: 20_000 }).not.toBeNull()
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
  await expect.poll(() => job.getByRole('status').textContent(), { timeout: 20_000 }).toMatch(/^404.*"not_found"/s)
  expect(complaints.splice(0)).toEqual([expect.stringContaining('404')])
})

test('axe finds nothing serious', async () => {
  await opened('postGenerate')
  expect(await seriousFindings(page)).toEqual([])
})
