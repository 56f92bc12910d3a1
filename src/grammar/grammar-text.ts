// From a format to the grammar that is compiled for it, with everything checked that can be checked without compiling.
// Hostile formats end here, in a millisecond: too deep, too large, nothing that could satisfy them.

import { toEbnf } from './ebnf.ts'
import { fieldOf, type OutputFormat, schemaField } from './format.ts'
import { jsonRules } from './json-text.ts'
import { member, refusal, refusalOf } from './refusal.ts'
import { parseRegex } from './regex.ts'
import { all, one, pruned, type Rules, rule, sizeOf, text } from './rules.ts'
import { schemaRules } from './schema.ts'
import { parametersField, toolCallRules } from './tool-calls.ts'

const maxSchemaBytes = 65_536
const maxNesting = 128
const maxChoices = 500
const maxChoiceLength = 500
/** About three seconds of compiling; a string with a maxLength of 200 takes most of it. */
const maxSize = 2500

/** @throws AppError `invalid_request` naming what is wrong */
export function grammarText(format: OutputFormat): string {
  const rules = pruned(rulesOf(format))
  const field = fieldOf(format)
  if (rules === null) throw refusalOf(field, 'nothing can satisfy it: every text that fits would be endless')
  const size = sizeOf(rules)
  if (size > maxSize) {
    const message = `its grammar has a size of ${size}; allowed: at most ${maxSize}, so smaller repetitions, lengths and lists`
    throw refusalOf(field, message)
  }
  return toEbnf(rules)
}

function rulesOf(format: OutputFormat): Rules {
  switch (format.type) {
    case 'json_schema': {
      const { schema } = format.json_schema
      assertSmall(schema, schemaField)
      return schemaRules(schema, schemaField)
    }
    case 'json_object':
      return new Map([...jsonRules, ['root', rule('object')]])
    case 'regex':
      return new Map([['root', all(parseRegex(format.regex, fieldOf(format)))]])
    case 'choice':
      return new Map([['root', one(...checkedChoices(format.choices).map(text))]])
    case 'tool_calls':
      for (const [index, { parameters }] of format.tools.entries()) assertSmall(parameters, parametersField(index))
      return toolCallRules(format)
    default:
      return format satisfies never
  }
}

/** Depth first, and without recursion: everything that follows may recurse. */
export function assertSmall(schema: unknown, field: string): void {
  const open: { value: unknown; depth: number }[] = [{ value: schema, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next
    if (depth > maxNesting) throw refusalOf(field, `it is nested too deep; allowed: at most ${maxNesting} levels`)
    if (typeof value !== 'object' || value === null) continue
    for (const inner of Object.values(value)) open.push({ value: inner, depth: depth + 1 })
  }
  const bytes = Buffer.byteLength(JSON.stringify(schema))
  if (bytes > maxSchemaBytes) throw refusalOf(field, `it has ${bytes} bytes; allowed: at most ${maxSchemaBytes}`)
}

function checkedChoices(choices: string[]): string[] {
  const field = 'response_format.choices'
  if (choices.length === 0 || choices.length > maxChoices) throw refusal(field, choices, `1 to ${maxChoices} texts`)
  for (const [index, choice] of choices.entries()) {
    if (choice === '' || choice.length > maxChoiceLength || !choice.isWellFormed()) {
      throw refusal(member(field, index), choice, `a text of 1 to ${maxChoiceLength} characters`)
    }
  }
  return [...new Set(choices)]
}
