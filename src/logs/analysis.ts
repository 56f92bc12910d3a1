// The analysis of a log as clients receive it: one schema for the types, the OpenAPI document and for checking what
// comes out of the queue. Field names are those of the wire.

import { z } from 'zod'
import { mostSpans, redactedSpanSchema } from './redaction-spans.ts'

export const categories = [
  'compile',
  'test',
  'lint',
  'dependency',
  'configuration',
  'permission',
  'network',
  'timeout',
  'resource',
  'runtime',
  'container',
  'infrastructure',
  'unknown',
  'none',
] as const
export type Category = (typeof categories)[number]

export const phases = ['checkout', 'setup', 'install', 'build', 'test', 'package', 'deploy', 'run', 'unknown'] as const
export type Phase = (typeof phases)[number]

export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const
export type Severity = (typeof severities)[number]

export const maxEvidenceLines = 30

/** `quote` is the redacted original text of the lines, joined by \n; of a line too long to show, a piece of it. */
const evidenceSchema = z.object({
  line_start: z.int().min(1),
  line_end: z.int().min(1),
  quote: z.string(),
})
export type Evidence = z.infer<typeof evidenceSchema>

export const fixSchema = z.object({
  action: z.string(),
  command: z.string().optional(),
  risk: z.enum(['low', 'medium', 'high']),
})
export type Fix = z.infer<typeof fixSchema>

/** `source` says who vouches for it: `rule` or `knowledge`. Never the model. */
export const referenceSchema = z.object({ title: z.string(), url: z.string(), source: z.string() })
export type Reference = z.infer<typeof referenceSchema>

const rootCauseSchema = z.object({
  statement: z.string(),
  confidence: z.enum(['high', 'medium', 'low']),
  /** Ordered by rank, the best first. */
  evidence: z.array(evidenceSchema),
})
export type RootCause = z.infer<typeof rootCauseSchema>

/** `whole`: every line was sent. `anchors`: the failing lines, the tail and the head. `tail`: no failing line was found. */
export const reductionSchema = z.object({
  lines_total: z.int(),
  lines_sent: z.int(),
  method: z.enum(['whole', 'anchors', 'tail']),
  truncated: z.boolean(),
  templates: z.int(),
})

export const redactionSchema = z.object({
  count: z.int(),
  by_rule: z.record(z.string(), z.int()),
  spans: z.array(redactedSpanSchema).default([]).describe(`where they are, of the first ${mostSpans}`),
})
export type Redaction = z.infer<typeof redactionSchema>

/** What rules alone say about a log: the part of the analysis that no model touches. */
export const diagnosisSchema = z.object({
  summary: z.string(),
  category: z.enum(categories),
  phase: z.enum(phases),
  severity: z.enum(severities),
  /** null: no failure was found. */
  root_cause: rootCauseSchema.nullable(),
  /** The failing line without what changes from run to run; null when there is no failing line. */
  error_signature: z.string().nullable(),
  contributing: z.array(z.string()),
  fixes: z.array(fixSchema),
  prevention: z.array(z.string()),
  references: z.array(referenceSchema),
})
export type Diagnosis = z.infer<typeof diagnosisSchema>

export const analysisSchema = diagnosisSchema.extend({
  status: z.enum(['ok', 'partial', 'no_failure_found']),
  /** The case of the knowledge base with this very signature, and how often it was seen before. */
  known_case: z.object({ id: z.string(), title: z.string(), seen: z.int() }).nullable(),
  /** Other cases that the failing lines read like, the best first: by their wording, or by meaning, or both. */
  similar_cases: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      cause: z.string(),
      matched: z.array(z.enum(['wording', 'meaning'])).default(['wording']),
    }),
  ),
  reduction: reductionSchema,
  redaction: redactionSchema,
  usage: z
    .object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int(), cached_tokens: z.int() })
    .nullable(),
  model: z.string().nullable(),
  /** `error`: the model failed or was too slow; everything deterministic is still there. */
  finish_reason: z.enum(['stop', 'length', 'cancelled', 'error']),
})
export type Analysis = z.infer<typeof analysisSchema>
