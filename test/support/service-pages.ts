// A service and, for every test of a file, a new page in a real Chromium. A test also fails on a console error, a blocked
// resource or a request to anywhere else.

import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { type RunningService, type ServiceOptions, startService } from '../api/running-service.ts'
import { noChromium, startBrowser } from './browser.ts'

export interface ServicePage {
  service: RunningService
  page: Page
  /** What would fail the test; one that expects it takes it out. */
  complaints: string[]
}

/** Registers the hooks. @returns what is open, from `beforeEach` on */
export function servicePages(options: ServiceOptions): ServicePage {
  const opened = {} as ServicePage
  let browser: Browser | undefined
  beforeAll(async () => {
    if (noChromium !== null) return
    browser = await startBrowser()
    opened.service = await startService(options)
  })
  afterAll(async () => {
    await browser?.close()
    await opened.service?.stop()
  })
  beforeEach(async ({ skip }) => {
    if (noChromium !== null) skip(noChromium)
    const complaints: string[] = []
    const page = await browser!.newPage({ viewport: { width: 1280, height: 900 } })
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => {
      const url = request.url()
      if (!/^(blob:|data:)/.test(url) && !url.startsWith(opened.service.url)) complaints.push(url)
    })
    Object.assign(opened, { page, complaints })
  })
  afterEach(async () => {
    if (noChromium !== null) return
    await opened.page?.close()
    expect(opened.complaints).toEqual([])
  })
  return opened
}
