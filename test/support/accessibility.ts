// What axe finds on a page that is open in a browser.

import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** `rule: element` of every serious or critical finding. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Not through a script element, which the page's policy would rightly refuse.
  await page.evaluate(axe.source)
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => id + ': ' + nodes[0].html))`)
}
