// A JSON schema as a list that people can read. What is inside is made when it is opened: schemas refer to each other.

import { element } from './element.ts'

export interface Schema {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  description?: string
  default?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  additionalProperties?: boolean | Schema
  [keyword: string]: unknown
}

export type Schemas = Record<string, Schema>

const limits: Record<string, string> = {
  ...{ minimum: '≥', maximum: '≤', exclusiveMinimum: '>', exclusiveMaximum: '<' },
  ...{ minLength: 'length ≥', maxLength: 'length ≤', minItems: 'items ≥', maxItems: 'items ≤', pattern: 'matches' },
}

export function schemaView(schema: Schema, schemas: Schemas): HTMLElement {
  const { name, schema: target } = resolved(schema, schemas)
  const parts = partsOf(target)
  if (parts.length === 0) return element('p', {}, ...summary(target, name))
  return element('div', {}, element('p', {}, ...summary(target, name)), listOf(parts, target, schemas))
}

function resolved(schema: Schema, schemas: Schemas): { name: string | null; schema: Schema } {
  const name = schema.$ref?.split('/').at(-1) ?? null
  return { name, schema: withoutNull(name === null ? schema : (schemas[name] ?? {})) }
}

/** A choice between something and null is that thing, which may be null. */
function withoutNull(schema: Schema): Schema {
  const ways = schema.anyOf ?? []
  const others = ways.filter((way) => way.type !== 'null')
  const [only] = others
  if (only === undefined || others.length !== 1 || ways.length !== 2) return schema
  return { ...only, ...(schema.description && { description: schema.description }), nullable: true }
}

/** What can be opened: the properties of an object, the items of a list, the ways of a choice. */
function partsOf({ properties, items, anyOf, oneOf, additionalProperties }: Schema): [label: string, part: Schema][] {
  if (properties) return Object.entries(properties)
  if (items) return [['each item', items]]
  const ways = anyOf ?? oneOf
  if (ways) return ways.map((way, index) => [index === 0 ? 'either' : 'or', way])
  return typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0
    ? [['each value', additionalProperties]]
    : []
}

function listOf(parts: [string, Schema][], { required = [], properties }: Schema, schemas: Schemas): HTMLElement {
  const lines = parts.map(([label, part]) => {
    const { name, schema } = resolved(part, schemas)
    const title = properties ? element('code', { text: label }) : element('span', { class: 'soft', text: label })
    const needed = properties && required.includes(label) ? element('strong', { text: ' required' }) : null
    const line = [title, needed, ' ', ...summary(schema, name)]
    const inner = partsOf(schema)
    if (inner.length === 0) return element('li', {}, ...line)
    const details = element('details', {}, element('summary', {}, ...line))
    details.addEventListener('toggle', () => details.append(listOf(inner, schema, schemas)), { once: true })
    return element('li', {}, details)
  })
  return element('ul', { class: 'schema' }, ...lines)
}

function summary(schema: Schema, name: string | null): (Node | string)[] {
  const { type, enum: values, description, default: fallback } = schema
  const words = [name ?? [type ?? [], schema.nullable ? 'null' : []].flat().join(' or ')]
  if (values) words.push(values.map((value) => JSON.stringify(value)).join(', '))
  if ('const' in schema) words.push(JSON.stringify(schema.const))
  for (const [keyword, sign] of Object.entries(limits)) {
    // Bounds that every whole number has say nothing.
    const value = schema[keyword]
    if (value !== undefined && Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER) words.push(`${sign} ${value}`)
  }
  if (fallback !== undefined) words.push(`default ${JSON.stringify(fallback)}`)
  const text = words.filter((word) => word !== '').join(' · ')
  return [element('span', { class: 'soft', text }), ...(description ? [` ${description}`] : [])]
}
