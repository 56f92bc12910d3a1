// A JSON schema to rules: every text of the rules is a value that satisfies the schema. What can't be kept exactly is
// refused, by name, instead of being left out. Objects have their properties in the order of the schema.

import { jsonRules, literal } from './json-text.ts'
import { member, refusal, refusalOf } from './refusal.ts'
import { all, type Expression, never, one, type Rules, rule } from './rules.ts'
import { arraySchema, numberSchema, objectSchema, stringSchema } from './schema-types.ts'

export type Schema = boolean | { readonly [keyword: string]: unknown }

const maxSchemas = 1000
const maxDepth = 64

/** Keywords that say nothing about a value. */
const annotations = new Set([
  ...['$schema', '$id', '$comment', '$defs', 'definitions', 'title', 'description', 'default', 'examples', 'example'],
  ...['deprecated', 'readOnly', 'writeOnly'],
])

const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const
type Type = (typeof types)[number]

/** The keywords of each type. */
const keywordsOf: Record<Type, readonly string[]> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  boolean: [],
  null: [],
}
const supported = new Set(['type', 'const', 'enum', 'anyOf', 'allOf', '$ref', ...Object.values(keywordsOf).flat()])

/** @throws AppError `invalid_request` naming the keyword that is wrong or not supported */
export function schemaRules(schema: Schema, field: string): Rules {
  const lowering = new SchemaLowering(schema, field)
  return new Map([...jsonRules, ...lowering.run()])
}

class SchemaLowering {
  readonly #root: Schema
  readonly #field: string
  readonly #rules = new Map<string, Expression>()
  /** Targets of $ref to their rule. */
  readonly #targets = new Map<string, string>()
  #schemas = 0

  constructor(root: Schema, field: string) {
    this.#root = root
    this.#field = field
  }

  run(): Rules {
    this.#targets.set('#', 'root')
    this.#rules.set('root', never)
    this.#rules.set('root', this.lower(this.#root, this.#field, 0, ['#']))
    return this.#rules
  }

  /**
   * @param chain targets of $ref that lead here with no object or array between: one of them again would never end
   */
  lower(schema: unknown, field: string, depth: number, chain: readonly string[] = []): Expression {
    if (++this.#schemas > maxSchemas) throw refusalOf(this.#field, `it has more than ${maxSchemas} schemas in it`)
    if (depth > maxDepth) throw refusalOf(this.#field, `it is nested more than ${maxDepth} deep`)
    if (schema === true) return rule('value')
    if (schema === false) return never
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
      throw refusal(field, schema, 'a schema: an object, true or false')
    }
    const node = schema as Record<string, unknown>
    const asked = Object.keys(node).filter((keyword) => !annotations.has(keyword))
    for (const keyword of asked) {
      if (!supported.has(keyword)) {
        throw refusalOf(member(field, keyword), `this keyword is not supported; allowed: ${[...supported].join(', ')}`)
      }
    }
    for (const keyword of ['$ref', 'anyOf', 'allOf', 'const', 'enum']) {
      if (!asked.includes(keyword)) continue
      const beside = asked.find(
        (other) => other !== keyword && !(other === 'type' && ['const', 'enum'].includes(keyword)),
      )
      if (beside) throw refusalOf(member(field, beside), `it can't stand beside ${keyword}; allowed: one of the two`)
    }
    if ('$ref' in node) return this.#reference(node.$ref, member(field, '$ref'), chain)
    if ('anyOf' in node) return this.#anyOf(node.anyOf, member(field, 'anyOf'), depth, chain)
    if ('allOf' in node) return this.#allOf(node.allOf, member(field, 'allOf'), depth, chain)
    if ('const' in node) return given([node.const], node, field, 'const')
    if ('enum' in node) return given(node.enum, node, field, 'enum')
    return this.#typed(node, asked, field, depth)
  }

  #typed(node: Record<string, unknown>, asked: string[], field: string, depth: number): Expression {
    const listed = node.type === undefined ? impliedTypes(asked) : typesOf(node.type, member(field, 'type'))
    for (const keyword of asked) {
      if (keyword === 'type' || listed.some((type) => keywordsOf[type].includes(keyword))) continue
      throw refusalOf(
        member(field, keyword),
        `it says nothing about the type ${listed.join(', ')}; allowed: without it`,
      )
    }
    if (asked.length === 0) return rule('value')
    return one(...listed.map((type) => this.#ofType(type, node, field, depth)))
  }

  #ofType(type: Type, node: Record<string, unknown>, field: string, depth: number): Expression {
    const inner = (schema: unknown, innerField: string) => this.lower(schema, innerField, depth + 1)
    switch (type) {
      case 'object':
        return objectSchema(node, field, inner, (expression) => this.#ruleFor(expression))
      case 'array':
        return arraySchema(node, field, inner, (expression) => this.#ruleFor(expression))
      case 'string':
        return stringSchema(node, field)
      case 'number':
      case 'integer':
        return numberSchema(type, node, field)
      case 'boolean':
        return one(literal(true), literal(false))
      case 'null':
        return literal(null)
      default:
        return type satisfies never
    }
  }

  #reference(ref: unknown, field: string, chain: readonly string[]): Expression {
    if (typeof ref !== 'string' || !/^#(\/|$)/.test(ref)) {
      throw refusal(field, ref, 'a place in this schema, like "#/$defs/name"')
    }
    if (chain.includes(ref)) throw refusal(field, ref, 'a reference that does not lead to itself')
    const known = this.#targets.get(ref)
    if (known !== undefined) return rule(known)
    const target = this.#resolve(ref, field)
    const name = `ref${this.#targets.size}`
    this.#targets.set(ref, name)
    this.#rules.set(name, this.lower(target, `${this.#field}${ref.slice(1).replaceAll('/', '.')}`, 0, [...chain, ref]))
    return rule(name)
  }

  /** JSON pointers: RFC 6901, in the form of a URI fragment. */
  #resolve(ref: string, field: string): unknown {
    let target: unknown = this.#root
    for (const part of ref.split('/').slice(1)) {
      const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
      const inside = typeof target === 'object' && target !== null && Object.hasOwn(target, key)
      if (!inside) throw refusal(field, ref, 'a place that exists in this schema')
      target = (target as Record<string, unknown>)[key]
    }
    return target
  }

  #anyOf(schemas: unknown, field: string, depth: number, chain: readonly string[]): Expression {
    if (!Array.isArray(schemas) || schemas.length === 0) throw refusal(field, schemas, 'a list of at least one schema')
    return one(...schemas.map((schema, index) => this.lower(schema, member(field, index), depth + 1, chain)))
  }

  /** Tools wrap a single $ref in allOf to write a description beside it. */
  #allOf(schemas: unknown, field: string, depth: number, chain: readonly string[]): Expression {
    if (!Array.isArray(schemas) || schemas.length !== 1) throw refusal(field, schemas, 'a list of exactly one schema')
    return this.lower(schemas[0], member(field, 0), depth + 1, chain)
  }

  /** Gives a larger expression a name, so that it is written once however often it is used. */
  #ruleFor(expression: Expression): Expression {
    if (expression.kind === 'rule') return expression
    const name = `part${this.#rules.size}`
    this.#rules.set(name, expression)
    return rule(name)
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Where `type` is missing, its keywords say it; none at all: any value. */
function impliedTypes(asked: string[]): Type[] {
  return types.filter((type) => type !== 'number' && asked.some((keyword) => keywordsOf[type].includes(keyword)))
}

function typesOf(value: unknown, field: string): Type[] {
  const listed = Array.isArray(value) ? value : [value]
  const known = (type: unknown): type is Type => types.some((one) => one === type)
  if (listed.length === 0 || !listed.every(known)) {
    throw refusal(field, value, `${types.map((type) => `"${type}"`).join(', ')}, or a list of them`)
  }
  const asked = new Set<Type>(listed)
  // Every integer is a number.
  if (asked.has('number')) asked.delete('integer')
  return [...asked]
}

function given(values: unknown, node: Record<string, unknown>, field: string, keyword: string): Expression {
  const own = member(field, keyword)
  if (!Array.isArray(values) || values.length === 0) throw refusal(own, values, 'a list of at least one value')
  if (values.length > maxSchemas) throw refusal(own, values, `at most ${maxSchemas} values`)
  const listed = node.type === undefined ? types : typesOf(node.type, member(field, 'type'))
  const fitting = values.filter((value) => listed.some((type) => isOf(type, value)))
  if (fitting.length === 0)
    throw refusal(own, keyword === 'const' ? values[0] : values, `values of the type ${listed.join(', ')}`)
  return one(...fitting.map((value) => all(literal(value))))
}

function isOf(type: Type, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}
