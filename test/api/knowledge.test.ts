import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyzeResultSchema, casePageSchema, casesSchema, feedbackResultSchema } from '../../src/api/wire-schemas.ts'
import { keysOf } from '../../src/stream/keys.ts'
import { closeRedis, connectRedis } from '../../src/stream/redis.ts'
import { type RunningService, startService } from './running-service.ts'

const keys = { ann: 'key-of-ann-0123456789', bob: 'key-of-bob-0123456789', admin: 'key-of-admin-0123456789' }
type Who = keyof typeof keys

let service: RunningService
beforeAll(async () => {
  const env = { API_KEYS: `ann:${keys.ann},bob:${keys.bob}`, ADMIN_KEY: keys.admin }
  service = await startService({ workers: 1, maxContext: 1024, env })
})
afterAll(() => service?.stop())

async function ask(who: Who, method: string, path: string, body?: unknown, type = 'application/json') {
  const response = await fetch(service.url + path, {
    method,
    headers: { authorization: `Bearer ${keys[who]}`, 'content-type': type },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

const boiler = {
  title: 'The boiler of the build house is cold',
  text: 'boiler handshake lost: valve never opened',
  category: 'infrastructure',
  cause: 'Somebody turned the valve off.',
  fixes: [{ action: 'Open the valve.', command: 'valve open' }],
  links: [{ title: 'Boiler manual', url: 'https://boiler.example/manual' }],
}

const analysisOf = async (who: Who, log: string) => {
  const { body } = await ask(who, 'POST', '/workflows/analyze-log', { log_content: log, max_tokens: 4, seed: 1 })
  return analyzeResultSchema.parse(body)
}

describe('the knowledge base over HTTP', () => {
  it('keeps a case, lists it before those of the program, finds it by words, and deletes it', async () => {
    const { status, body } = await ask('admin', 'POST', '/knowledge', boiler)
    expect(status).toBe(201)
    const [kept] = casesSchema.parse(body).cases
    expect(kept).toMatchObject({ ...boiler, source: 'import', fixes: [{ risk: 'low' }] })
    const page = casePageSchema.parse((await ask('ann', 'GET', '/knowledge?limit=2')).body)
    expect(page.cases[0]).toEqual(kept)
    expect(page.total).toBeGreaterThan(150)
    expect(page.next_offset).toBe(2)
    const found = casePageSchema.parse((await ask('ann', 'GET', '/knowledge?q=boiler%20valve')).body)
    expect(found.cases[0]).toEqual(kept)
    expect((await ask('ann', 'GET', `/knowledge/${kept!.id}`)).body).toEqual(kept)
    expect((await ask('ann', 'DELETE', `/knowledge/${kept!.id}`)).status).toBe(403)
    expect((await ask('admin', 'DELETE', `/knowledge/${kept!.id}`)).status).toBe(204)
    expect((await ask('admin', 'GET', `/knowledge/${kept!.id}`)).status).toBe(404)
  })

  it('takes back what its list gives, less what it has added itself', async () => {
    await ask('bob', 'POST', '/knowledge', boiler)
    const listed = casePageSchema.parse((await ask('bob', 'GET', '/knowledge?source=import&limit=200')).body).cases
    // As the jq of docs/operations.md.
    const cases = listed.map(({ id: _, source: __, created_at: ___, ...each }) => each)
    for (const { id } of listed) expect((await ask('bob', 'DELETE', `/knowledge/${id}`)).status).toBe(204)
    const again = casesSchema.parse((await ask('bob', 'POST', '/knowledge', { cases })).body).cases
    expect(again.map(({ created_at: _, ...each }) => each)).toEqual(listed.map(({ created_at: _, ...each }) => each))
    for (const { id } of again) await ask('bob', 'DELETE', `/knowledge/${id}`)
  })

  it('takes lists and Markdown, and replaces a case when its title comes again', async () => {
    const markdown = `---
category: network
tags: proxy, npm
---
# The mirror sleeps
## Symptoms
\`\`\`
mirror dozed off while serving packages
\`\`\`
## Cause
It is night.
## Fixes
1. Wake it: \`mirror wake\` (risk: medium)
## Links
- [Mirror](https://mirror.example/docs)
`
    const { body } = await ask('admin', 'POST', '/knowledge', markdown, 'text/markdown')
    const [kept] = casesSchema.parse(body).cases
    expect(kept).toMatchObject({
      ...{ title: 'The mirror sleeps', category: 'network', tags: ['proxy', 'npm'], cause: 'It is night.' },
      text: 'mirror dozed off while serving packages',
      fixes: [{ action: 'Wake it.', command: 'mirror wake', risk: 'medium' }],
      links: [{ title: 'Mirror', url: 'https://mirror.example/docs' }],
    })
    const again = { ...boiler, title: 'The mirror sleeps', cause: 'It is broken.' }
    const second = casesSchema.parse((await ask('admin', 'POST', '/knowledge', [again, boiler])).body).cases
    expect(second[0]!.id).toBe(kept!.id)
    expect((await ask('ann', 'GET', `/knowledge/${kept!.id}`)).body.cause).toBe('It is broken.')
    for (const { id } of second) await ask('admin', 'DELETE', `/knowledge/${id}`)
  })

  it.each([
    [{ ...boiler, cause: undefined }, 'cause'],
    [{ cases: [boiler, { ...boiler, links: [{ title: 'x', url: 'javascript:alert(1)' }] }] }, 'cases[1].links[0].url'],
    [{ ...boiler, category: 'weather' }, 'category'],
    [{ ...boiler, title: 'two\nlines' }, 'title'],
    [{ ...boiler, fixes: [{ action: 'x', risk: 'none' }] }, 'fixes[0].risk'],
    [{ ...boiler, colour: 'red' }, 'colour'],
    [[], 'cases'],
    ['7', 'body'],
  ])('refuses a wrong case by the name of its field: %j', async (body, field) => {
    const { status, body: answer } = await ask('admin', 'POST', '/knowledge', body)
    expect({ status, field: answer.error.field }).toEqual({ status: 422, field })
  })

  it.each([
    ['no heading\n', 'line 1'],
    ['# T\n## Symptoms\nx\n## Remedies\ny\n', 'line 4'],
    ['---\ncolour: red\n---\n# T\n', 'line 2'],
    ['---\ncategory: test\n', 'line 1'],
  ])('refuses wrong Markdown by its line: %j', async (markdown, place) => {
    const { status, body } = await ask('admin', 'POST', '/knowledge', markdown, 'text/markdown')
    expect(status).toBe(422)
    expect(body.error.message).toContain(place)
  })

  it.each(['limit=0', 'limit=x', 'offset=-1', 'source=rumour'])('refuses ?%s', async (query) => {
    const { status, body } = await ask('ann', 'GET', `/knowledge?${query}`)
    expect({ status, field: body.error.field }).toEqual({ status: 422, field: query.split('=')[0] })
  })

  it('shows the cases of a key to that key alone, and lets it delete them', async () => {
    const { body } = await ask('ann', 'POST', '/knowledge', { ...boiler, title: 'Of Ann' })
    const { id } = casesSchema.parse(body).cases[0]!
    expect((await ask('bob', 'GET', `/knowledge/${id}`)).status).toBe(404)
    expect((await ask('bob', 'GET', '/knowledge?q=boiler')).body.cases).toEqual([])
    expect((await ask('bob', 'DELETE', `/knowledge/${id}`)).status).toBe(404)
    expect((await ask('ann', 'DELETE', `/knowledge/${id}`)).status).toBe(204)
  })
})

describe('feedback on an analysis', () => {
  const log = (number: number) =>
    `step 1 ok\nfrobnicator[${number}]: fatal error: flux ${number} is out of phase\nstep 2 skipped\n`
  const cause = 'The flux capacitor was not charged. Somebody unplugged it.'

  it('makes a case that the same failure is answered with next time, counted, for that key alone', async () => {
    const first = await analysisOf('ann', log(17))
    expect(first.analysis).toMatchObject({ known_case: null })
    const said = { verdict: 'wrong', cause, category: 'resource', fixes: [{ action: 'Plug it in.' }] }
    const { status, body } = await ask('ann', 'POST', `/analyses/${first.id}/feedback`, said)
    expect(status).toBe(200)
    const learned = feedbackResultSchema.parse(body).case!
    expect(learned).toMatchObject({
      source: 'feedback',
      verdict: 'corrected',
      title: 'The flux capacitor was not charged',
    })
    for (const seen of [0, 1]) {
      const { analysis, full_text } = await analysisOf('ann', log(99 + seen))
      expect(analysis?.known_case).toEqual({ id: learned.id, title: learned.title, seen })
      expect(analysis).toMatchObject({ category: 'resource', fixes: [{ action: 'Plug it in.' }], summary: cause })
      expect(analysis?.root_cause).toMatchObject({ statement: cause, confidence: 'high' })
      expect(analysis?.root_cause?.evidence).toHaveLength(first.analysis!.root_cause!.evidence.length)
      expect(full_text).toContain('Known case: The flux capacitor was not charged.')
    }
    expect((await analysisOf('bob', log(5))).analysis?.known_case).toBeNull()
    const last = await analysisOf('ann', log(3))
    expect((await ask('ann', 'POST', `/analyses/${last.id}/feedback`, { verdict: 'wrong' })).body.case).toBeNull()
    expect((await analysisOf('ann', log(4))).analysis?.known_case).toBeNull()
  })

  it('confirms what an analysis said, and keeps no secret of what somebody writes', async () => {
    const { id, analysis } = await analysisOf('bob', log(1))
    const note = 'worked after export TOKEN=ghp_abcdefghijklmnopqrstuvwxyz0123456789'
    const { body } = await ask('bob', 'POST', `/analyses/${id}/feedback`, { verdict: 'right', note })
    expect(body.case).toMatchObject({ verdict: 'confirmed', cause: analysis!.root_cause!.statement })
    expect(JSON.stringify(body)).not.toContain('ghp_')
    expect((await analysisOf('bob', log(2))).analysis?.known_case?.id).toBe(body.case.id)
  })

  it('two verdicts of different jobs against a case of the program stop it from being cited to that key', async () => {
    const full = 'tar: build/app.tar: Cannot write: No space left on device\n'
    for (let told = 0; told < 2; told++) {
      const { id, analysis } = await analysisOf('ann', full)
      expect(analysis?.similar_cases[0]?.id).toBe('disk-full')
      // The same verdict twice on one job counts once.
      await ask('ann', 'POST', `/analyses/${id}/feedback`, { verdict: 'wrong' })
      await ask('ann', 'POST', `/analyses/${id}/feedback`, { verdict: 'wrong' })
    }
    expect((await analysisOf('ann', full)).analysis?.similar_cases.map(({ id }) => id)).not.toContain('disk-full')
    expect((await analysisOf('bob', full)).analysis?.similar_cases[0]?.id).toBe('disk-full')
  })

  it("is refused for another key's analysis, for what is none, and for a line that the log does not have", async () => {
    const { id } = await analysisOf('ann', log(8))
    expect((await ask('bob', 'POST', `/analyses/${id}/feedback`, { verdict: 'right' })).status).toBe(404)
    const beyond = await ask('ann', 'POST', `/analyses/${id}/feedback`, { verdict: 'wrong', cause, line: 4000 })
    expect(beyond).toMatchObject({ status: 422, body: { error: { field: 'line' } } })
    const other = await ask('ann', 'POST', '/generate', { prompt: 'x', max_tokens: 1 })
    const path = `/analyses/${other.body.id}/feedback`
    expect(await ask('ann', 'POST', path, { verdict: 'right' })).toMatchObject({
      status: 422,
      body: { error: { field: 'id' } },
    })
    expect(await ask('ann', 'POST', path, { verdict: 'maybe' })).toMatchObject({
      body: { error: { field: 'verdict' } },
    })
  })
})

it('a key of Redis that holds something else is said, and is no fault of the request', async () => {
  const redis = connectRedis(service.redis.url, 'background', () => {})
  const key = keysOf().knowledge('bob')
  await redis.set(key, 'text')
  const refused = await ask('bob', 'GET', '/knowledge')
  expect(refused).toMatchObject({ status: 503, body: { error: { message: expect.stringContaining('another type') } } })
  await redis.del(key)
  expect((await ask('bob', 'GET', '/knowledge')).status).toBe(200)
  await closeRedis(redis)
})
