// Schemas that tools send, and a checker for them that shares nothing with the grammar.

type Schema = Record<string, unknown>

export const schemas: Record<string, Schema> = {
  scalar: { type: ['integer', 'null'] },
  short: { type: 'string', minLength: 2, maxLength: 6 },
  pattern: { type: 'string', pattern: '^["\\\\\\n\\ta-z]{1,6}$' },
  enumeration: { enum: ['a"b', 1, null, { deep: ['x', 1.5] }] },
  typed: { type: 'string', enum: ['red', 'green', 3] },
  range: { type: 'integer', minimum: -17, exclusiveMaximum: 1204 },
  share: { type: 'number', minimum: 0, maximum: 1 },
  below: { type: 'number', exclusiveMinimum: -3, exclusiveMaximum: 2 },
  list: { type: 'array', items: { type: 'boolean' }, minItems: 1, maxItems: 3 },
  tuple: { type: 'array', prefixItems: [{ const: 'x' }, { type: 'integer', minimum: 5, maximum: 7 }], items: false },
  object: {
    type: 'object',
    properties: { a: { type: 'integer', minimum: 1, maximum: 9 }, 'b"\n': { type: 'null' }, c: { const: 'c' } },
    required: ['b"\n'],
    additionalProperties: false,
  },
  others: {
    type: 'object',
    properties: { n: { type: 'null' }, no: { type: 'null' } },
    additionalProperties: { type: 'boolean' },
  },
  union: {
    anyOf: [
      { type: 'object', properties: { k: { const: 1 } }, required: ['k'] },
      { type: 'array', items: { const: 0 } },
    ],
  },
  tree: {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        type: 'object',
        properties: {
          v: { type: 'integer', minimum: 0, maximum: 99 },
          next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
        },
        required: ['v', 'next'],
      },
    },
  },
}

// biome-ignore lint/suspicious/noExplicitAny: keywords are looked at one by one
type Keywords = Record<string, any>

/** Whether a value satisfies a schema of the keywords above: JSON Schema's own meaning, properties closed by default. */
export function satisfies(schema: unknown, value: unknown, root: unknown = schema): boolean {
  if (typeof schema === 'boolean') return schema
  const s = schema as Keywords
  const inner = (other: unknown, part: unknown) => satisfies(other, part, root)
  if (s.$ref)
    return inner(
      String(s.$ref)
        .split('/')
        .slice(1)
        .reduce((at, key) => at[key], root as Keywords),
      value,
    )
  if (s.anyOf && !s.anyOf.some((one: unknown) => inner(one, value))) return false
  const same = (other: unknown) => JSON.stringify(other) === JSON.stringify(value)
  if ('const' in s && !same(s.const)) return false
  if (s.enum && !s.enum.some(same)) return false
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const named = [type, ...(Number.isInteger(value) ? ['integer'] : [])]
  if (s.type && ![s.type].flat().some((one: string) => named.includes(one))) return false
  if (typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = s
    return value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum
  }
  if (typeof value === 'string') {
    const length = [...value].length
    if (length < (s.minLength ?? 0) || length > (s.maxLength ?? Infinity)) return false
    return !s.pattern || new RegExp(s.pattern, 'u').test(value)
  }
  if (Array.isArray(value)) {
    if (value.length < (s.minItems ?? 0) || value.length > (s.maxItems ?? Infinity)) return false
    return value.every((item, index) => inner(s.prefixItems?.[index] ?? s.items ?? true, item))
  }
  if (type !== 'object') return true
  const members = Object.entries(value as object)
  if ((s.required ?? []).some((name: string) => !Object.hasOwn(value as object, name))) return false
  return members.every(([name, part]) =>
    inner(
      s.properties && Object.hasOwn(s.properties, name)
        ? s.properties[name]
        : (s.additionalProperties ?? !s.properties),
      part,
    ),
  )
}
