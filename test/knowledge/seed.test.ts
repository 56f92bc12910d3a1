import { describe, expect, it } from 'vitest'
import { knowledgeCaseSchema } from '../../src/knowledge/case.ts'
import { KnowledgeBase } from '../../src/knowledge/knowledge-base.ts'
import { seedCases, seeds } from '../../src/knowledge/seed/seed-cases.ts'

const base = new KnowledgeBase(null)
const similar = async (...lines: string[]) =>
  (await base.find({ signature: null, lines }, '')).similar.map((each) => each.id)

describe('the cases that come with the program', () => {
  it('are at least 150, each with its own id and valid like any other', () => {
    expect(seeds.length).toBeGreaterThanOrEqual(150)
    expect(new Set(seeds.map(({ id }) => id)).size).toBe(seeds.length)
    for (const each of seedCases) expect(knowledgeCaseSchema.parse(each)).toEqual(each)
  })

  it('each offer a fix and an official page over HTTPS', () => {
    for (const { id, fixes, links } of seeds) {
      expect(fixes.length, id).toBeGreaterThan(0)
      expect(links.length, id).toBeGreaterThan(0)
      for (const { url } of links) expect(url, id).toMatch(/^https:\/\//)
    }
  })

  it.each(seeds.map(({ id, sample }) => [id, sample] as const))(
    '%s is found first for its line',
    async (id, sample) => {
      expect(await similar(sample)).toEqual([id, ...(await similar(sample)).slice(1)])
    },
  )
})

describe('what no case knows', () => {
  it.each([
    'INFO server started on port 8080 in 312 ms',
    'Downloading https://registry.npmjs.org/react/-/react-18.2.0.tgz',
    'step 4 of 9: copying files to the target folder',
    'Error: the invoice total is negative',
    'FAILED tests/test_cart.py::test_total - assert 4 == 5',
    'error: the frobnicator is not attuned to the flux of the machine that runs it, so nothing can be done',
    'WARN slow response from mirror-3: 512 ms, connection kept',
    'Process completed with exit code 1.',
    'make: *** [Makefile:12: all] Error 2',
    'the quick brown fox could not find the file that it had opened, and no error was found in the log of the machine',
  ])('cites nothing for: %s', async (line) => {
    expect(await similar(line)).toEqual([])
  })
})
