// `npm run screenshots`: the console's pictures in docs/screenshots, of this version with its real model. Uses a service
// that is running (URL as argument, else http://127.0.0.1:8002) and a Chromium of this machine.

import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startBrowser } from '../test/support/browser.ts'

const url = process.argv[2] ?? 'http://127.0.0.1:8002'
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = `${root}docs/screenshots`

const browser = await startBrowser()
try {
  await mkdir(folder, { recursive: true })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const ended = page.locator('.state[data-state=ended]')

  await page.goto(`${url}/`)
  await page.getByLabel('Prompt').fill('Explain in three sentences what a message queue is good for.')
  await page.getByText('Settings').click()
  await page.getByLabel('Seed').fill('7')
  await page.getByRole('button', { name: 'Generate' }).click()
  await ended.waitFor({ timeout: 60_000 })
  await page.screenshot({ path: `${folder}/generate.png` })

  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto(`${url}/#/analyze`)
  await page.locator('input[type=file]').setInputFiles(`${root}test/fixtures/logs/github-tsc.log`)
  await page.getByRole('button', { name: 'Analyze', exact: true }).click()
  await ended.waitFor({ timeout: 60_000 })
  await page.screenshot({ path: `${folder}/analyze.png`, fullPage: true })

  await page.emulateMedia({ colorScheme: 'light' })
  for (let item = 1; item <= 18; item++) {
    const body = JSON.stringify({ kind: 'generate', prompt: `A story about item ${item}:`, max_tokens: 300 })
    await fetch(`${url}/jobs`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  }
  await page.goto(`${url}/#/jobs`)
  await page.locator('.words', { hasText: /\S/ }).nth(3).waitFor({ timeout: 30_000 })
  await page.waitForTimeout(6000)
  await page.screenshot({ path: `${folder}/jobs.png` })
  process.stdout.write(`written: ${folder}/{generate,analyze,jobs}.png\n`)
} finally {
  await browser.close()
}
