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
    ['greedily', requestFor('').sampling],
    ['at temperature 1', sampled(11)],
  ])('goes on behind any token with the very tokens it would have had, %s', async (_, sampling) => {
    const requests = prompts.map((text) => requestFor(text, { maxTokens: 140, ignoreEos: true, sampling, logprobs: 1 }))
    // Undisturbed, each alone.
    const wholes: Result[] = []
    for (const request of requests) wholes.push(await client.generate(request))
    // Continued beside each other, each from another place.
    for (const cuts of [
      [1, 17, 131, 73],
      [138, 5, 92, 139],
    ]) {
      const rests = await Promise.all(
        requests.map((request, at) =>
          client.generate({
            ...request,
            id: `${request.id}-${cuts[at]}`,
            generated: wholes[at]!.ids.slice(0, cuts[at]),
          }),
        ),
      )
      expect(rests.map(({ tokens }) => tokens)).toEqual(wholes.map(({ tokens }, at) => tokens.slice(cuts[at])))
    }
  })
})
