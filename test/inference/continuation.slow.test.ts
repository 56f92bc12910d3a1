// An interrupted sequence of the real model in int8: what earlier attempts had generated runs several ids in a pass, beside
// the steps and prompts of others, and every bit must be that of single steps.

import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LocalEngine } from '../../src/inference/local-engine.ts'
import { openEngine } from '../../src/inference/open-engine.ts'
import { EngineClient, type Result, requestFor, sampled } from './engine-client.ts'

const dataDir = fileURLToPath(new URL('../../.data', import.meta.url))
const prompts = ['Once upon a time', 'The reasons why a build fails are', 'def f(x):', 'A list of rivers: ']

let engine: LocalEngine
let client: EngineClient
beforeAll(async () => {
  engine = await openEngine({ model: '', precision: 'int8', slots: 8, threads: 2, maxContext: 256, dataDir })
  client = new EngineClient(engine)
})
afterAll(() => engine.close())

describe('the real model in int8', () => {
  it.each([
    {
      how: 'greedily',
      sampling: requestFor('').sampling,
      cuts: [
        [1, 17, 26, 33],
        [38, 5, 22, 39],
      ],
    },
    {
      how: 'at temperature 1',
      sampling: sampled(11),
      cuts: [
        [131, 1, 17, 73],
        [38, 5, 120, 139],
      ],
    },
  ])('goes on behind any token with the very tokens it would have had, $how', async ({ sampling, cuts }) => {
    const maxTokens = 1 + Math.max(...cuts.flat())
    const requests = prompts.map((text) => requestFor(text, { maxTokens, ignoreEos: true, sampling, logprobs: 1 }))
    // Undisturbed, each alone.
    const wholes: Result[] = []
    for (const request of requests) wholes.push(await client.generate(request))
    // Continued beside each other, each from another place.
    for (const places of cuts) {
      const rests = await Promise.all(
        requests.map((request, at) =>
          client.generate({
            ...request,
            id: `${request.id}-${places[at]}`,
            generated: wholes[at]!.ids.slice(0, places[at]),
          }),
        ),
      )
      expect(rests.map(({ tokens }) => tokens)).toEqual(wholes.map(({ tokens }, at) => tokens.slice(places[at])))
    }
  })
})
