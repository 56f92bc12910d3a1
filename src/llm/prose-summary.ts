// One sentence of the model's prose for the structured summary, if it is fit for that: it may repeat what the log shows,
// never add a link, a line number or a quotation of its own.

import type { Diagnosis } from '../logs/analysis.ts'

const minLength = 20
const maxLength = 240

/** The rules' sentence, followed by the model's first one where that adds something. */
export function summaryOf(diagnosis: Diagnosis, prose: string): string {
  if (diagnosis.root_cause === null) return diagnosis.summary
  const sentence = firstSentence(prose)
  if (sentence === null || !isFit(sentence, diagnosis)) return diagnosis.summary
  const own = diagnosis.summary
  return `${own}${/[.!?]$/.test(own) ? '' : '.'} ${sentence}`
}

function firstSentence(prose: string): string | null {
  const text = prose
    .replaceAll(/[*#_]{1,3}/g, '')
    .trim()
    .replace(/^root cause\s*:?\s*/i, '')
    .replaceAll(/\s+/g, ' ')
  const sentence = /^.*?[.!?](?=\s|$)/.exec(text.slice(0, 1000))?.[0]
  return sentence !== undefined && sentence.length >= minLength && sentence.length <= maxLength ? sentence : null
}

function isFit(sentence: string, diagnosis: Diagnosis): boolean {
  if (/https?:|www\.|\blines? \d|["“”`«»]/i.test(sentence)) return false
  // Numbers that no evidence shows are made up.
  const shown = [diagnosis.summary, ...(diagnosis.root_cause?.evidence.map((each) => each.quote) ?? [])].join('\n')
  return (sentence.match(/\d+/g) ?? []).every((number) => shown.includes(number))
}
