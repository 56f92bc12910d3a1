import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { openApiDocument } from '../../src/api/openapi.ts'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

describe('the README', () => {
  it('lists the settings as they are; npm run docs writes them', async () => {
    await run(process.execPath, ['--import', 'tsx', 'scripts/settings-table.ts', '--check'])
  })

  it('has a curl line for every route', () => {
    for (const path of Object.keys(openApiDocument('0').paths)) {
      expect(readme).toMatch(new RegExp(`curl[^\\n]*http://localhost:\\d+${path.replace('{id}', '\\$id')}[ \\n]`))
    }
  })

  it('opens with the two commands', () => {
    expect(/```sh\n([\s\S]*?)```/.exec(readme)?.[1]).toMatch(/^npm start .*\nnpm test .*\n$/)
  })
})
