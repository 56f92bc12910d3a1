// A grammar as data: rules over characters. Everything a format can ask for is written in it, checked in it (is there
// a text at all? how large is it?), and printed for the library that runs it.

import type { CharSet } from './char-set.ts'

export type Expression =
  | { kind: 'text'; text: string }
  /** One character. */
  | { kind: 'set'; set: CharSet }
  /** One after another; none: the empty text. */
  | { kind: 'all'; items: readonly Expression[] }
  /** One of them; none: no text at all. */
  | { kind: 'one'; items: readonly Expression[] }
  /** `max` null: without end. */
  | { kind: 'repeat'; item: Expression; min: number; max: number | null }
  | { kind: 'rule'; name: string }
  /** Any text up to the first `tag`, if there is one at all; behind it the rule, then the end. Only as a whole rule. */
  | { kind: 'dispatch'; tag: string; name: string }

export const text = (value: string): Expression => ({ kind: 'text', text: value })
export const oneCharOf = (set: CharSet): Expression => ({ kind: 'set', set })
export const all = (...items: Expression[]): Expression => ({ kind: 'all', items })
export const one = (...items: Expression[]): Expression => ({ kind: 'one', items })
export const repeat = (item: Expression, min: number, max: number | null): Expression => ({
  ...{ kind: 'repeat', item, min, max },
})
export const optional = (item: Expression): Expression => repeat(item, 0, 1)
export const rule = (name: string): Expression => ({ kind: 'rule', name })
export const dispatch = (tag: string, name: string): Expression => ({ kind: 'dispatch', tag, name })
/** No text at all. */
export const never: Expression = one()

/** The rule `root` is where a text begins. */
export type Rules = ReadonlyMap<string, Expression>

/** What compiling costs, measured: at each place with a choice of characters all tokens are tried. About a millisecond. */
const cost = { set: 10, rule: 1, text: 1, textChar: 0.1 }

/** The cost of compiling: of all places of the grammar, with every repetition written out. */
export function sizeOf(rules: Rules): number {
  return Math.ceil([...rules.values()].reduce((sum, expression) => sum + positions(expression), 0))
}

function positions(expression: Expression): number {
  switch (expression.kind) {
    case 'text':
      return cost.text + cost.textChar * expression.text.length
    case 'set':
      return cost.set
    case 'rule':
      return cost.rule
    case 'dispatch':
      return cost.set
    case 'all':
    case 'one':
      return expression.items.reduce((sum, item) => sum + positions(item), 0)
    case 'repeat':
      return positions(expression.item) * Math.max(1, expression.max ?? expression.min)
    default:
      return expression satisfies never
  }
}

/**
 * The same rules without what can never be finished, so that no text of the grammar runs into a dead end.
 * @returns null when `root` itself can't be finished
 */
export function pruned(rules: Rules): Rules | null {
  const finite = new Set<string>()
  for (let before = -1; before < finite.size; ) {
    before = finite.size
    for (const [name, expression] of rules) if (ends(expression, finite)) finite.add(name)
  }
  if (!finite.has('root')) return null
  const kept = [...rules].filter(([name]) => finite.has(name))
  return new Map(kept.map(([name, expression]) => [name, prune(expression, finite)]))
}

/** Whether a text of the expression can end, given the rules whose texts can. */
function ends(expression: Expression, finite: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'text':
      return true
    case 'set':
      return expression.set.length > 0
    case 'all':
      return expression.items.every((item) => ends(item, finite))
    case 'one':
      return expression.items.some((item) => ends(item, finite))
    case 'repeat':
      return expression.min === 0 || ends(expression.item, finite)
    case 'rule':
    case 'dispatch':
      return finite.has(expression.name)
    default:
      return expression satisfies never
  }
}

function prune(expression: Expression, finite: ReadonlySet<string>): Expression {
  switch (expression.kind) {
    case 'all':
      return all(...expression.items.map((item) => prune(item, finite)))
    case 'one':
      return one(...expression.items.filter((item) => ends(item, finite)).map((item) => prune(item, finite)))
    case 'repeat':
      return ends(expression.item, finite) ? { ...expression, item: prune(expression.item, finite) } : all()
    default:
      return expression
  }
}
