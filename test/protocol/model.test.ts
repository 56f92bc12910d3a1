// The design against every order in which things can happen, and mistakes that must be found.

import { describe, expect, it } from 'vitest'
import { explore } from './explore.ts'
import { design as scripts } from './job-log.ts'
import type { Bounds, Design } from './model.ts'

const design: Design = { ...scripts, subscribe: 'first' }
const nothing = { crashes: 0, resends: 0, failovers: 0, ends: 0, stops: 0, reader: false, gaps: 0, leaves: 0 }

/** Workers that take the job from each other, die and resend. */
const attempts: Bounds = { ...nothing, workers: 2, attempts: 3, tokens: 1, crashes: 1, resends: 1 }
/** APIs that stop it and end it meanwhile. */
const ends: Bounds = { ...nothing, workers: 2, attempts: 2, tokens: 1, crashes: 1, resends: 1, ends: 1, stops: 1 }
/** A client that resumes while the job changes hands. */
const readers: Bounds = { ...nothing, workers: 2, attempts: 2, tokens: 1, ends: 1, reader: true, gaps: 1, leaves: 1 }
/** A Redis that loses its newest writes. */
const failovers: Bounds = { ...nothing, workers: 2, attempts: 2, tokens: 2, failovers: 1, reader: true }

describe('the design', () => {
  it.each([
    ['workers that die, resend and are fenced', attempts, 10_000],
    ['APIs that stop and end the job meanwhile', ends, 10_000],
    ['a reader that resumes', readers, 10_000],
    ['a Redis that fails over', failovers, 10_000],
  ])('keeps the promise in every state of %s', (_, bounds, atLeast) => {
    const { states, broken } = explore(design, bounds)
    expect(broken).toBeNull()
    expect(states).toBeGreaterThan(atLeast)
  })
})

describe('exploring finds', () => {
  it.each<[string, Partial<Design>, Bounds, RegExp]>([
    ['no fence', { fence: 'none' }, attempts, /written after a newer one/],
    ['a fence raised at the first write', { fence: 'first write' }, attempts, /written after a newer one/],
    ['an append that is not idempotent', { idempotent: false }, attempts, /missing or repeated|two ends/],
    ['an end that nobody checked', { endChecked: false }, ends, /two ends|after the end/],
    ['a subscription after the reading', { subscribe: 'after read' }, readers, /the client waits/],
  ])('%s', (_, mistake, bounds, promise) => {
    const { broken } = explore({ ...design, ...mistake }, bounds)
    expect(broken?.promise).toMatch(promise)
    expect(broken?.trace.length).toBeGreaterThan(2)
  })
})
