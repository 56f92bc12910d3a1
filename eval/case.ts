// A case of the evaluation: a log and its label. Which half it belongs to follows from its scenario's name, so that
// variants of one failure are never on both sides.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { diagnosisSchema } from '../src/logs/analysis.ts'

export const caseLabelSchema = z.strictObject({
  scenario: z.string(),
  format: z.string(),
  /** What counts as the right category, the best first. `none`: a clean log. */
  categories: z.array(diagnosisSchema.shape.category).min(1),
  /** 1-based lines of the raw file, both ends included; pointing at any of them is right. Empty: a clean log. */
  lines: z.array(z.tuple([z.int().min(1), z.int().min(1)])),
  /** What the failing lines contain; this is how they were found. */
  texts: z.array(z.string()),
  /** Planted; must not appear in anything that the analysis gives out. */
  secrets: z.array(z.string()),
})
export type CaseLabel = z.infer<typeof caseLabelSchema>

export type Half = 'dev' | 'test'

export interface EvalCase {
  name: string
  half: Half
  label: CaseLabel
  log: Uint8Array
}

const folder = new URL('./', import.meta.url)

/** The half of a scenario: the parity of the first byte of its name's SHA-256. */
export function halfOf(scenario: string): Half {
  return createHash('sha256').update(scenario).digest()[0]! % 2 === 0 ? 'dev' : 'test'
}

/** All cases in the order of their names. Throws for a label without a log. */
export function readCases(): EvalCase[] {
  return readdirSync(new URL('labels/', folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
    .map((name) => {
      const label = caseLabelSchema.parse(JSON.parse(readFileSync(new URL(`labels/${name}.json`, folder), 'utf8')))
      return { name, half: halfOf(label.scenario), label, log: readLog(name) }
    })
}

function readLog(name: string): Uint8Array {
  const plain = new URL(`logs/${name}.log`, folder)
  return existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(new URL(`logs/${name}.log.gz`, folder)))
}
