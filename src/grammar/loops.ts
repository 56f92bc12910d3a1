// Loops without an end, written so that a text has few readings. In `(\w*\s?)*` the rounds can be told apart in as many
// ways as there are to cut a word; who walks the grammar would follow all of them, more with every token. The laws used
// here keep the language: (x*)* = x*, (x|y*)* = (x|y)*, (x y)* = (x|y)* where both can be empty, and (x+ y)* = (x y)* where
// y can be.

import { all, type Expression, one, repeat } from './rules.ts'

/** `item*`, or `item+` for a `min` of 1. */
export function loop(item: Expression, min: 0 | 1): Expression {
  return repeat(round(item), canBeEmpty(item) ? 0 : min, null)
}

/** What a round of the loop takes, so that the rounds together take the same texts. */
function round(item: Expression): Expression {
  switch (item.kind) {
    case 'repeat':
      return item.max === 1 || (item.max === null && item.min <= 1) ? round(item.item) : item
    case 'one':
      return one(...item.items.filter((way) => !isEmpty(way)).map(round))
    case 'all': {
      const [first, ...rest] = item.items
      if (first === undefined) return item
      if (canBeEmpty(item)) return one(...item.items.filter((part) => !isEmpty(part)).map(round))
      const repeatsFirst = first.kind === 'repeat' && first.min === 1 && first.max === null
      return repeatsFirst && rest.every(canBeEmpty) ? all(first.item, ...rest) : item
    }
    default:
      return item
  }
}

function isEmpty(expression: Expression): boolean {
  return expression.kind === 'all'
    ? expression.items.every(isEmpty)
    : expression.kind === 'text' && expression.text === ''
}

function canBeEmpty(expression: Expression): boolean {
  switch (expression.kind) {
    case 'text':
      return expression.text === ''
    case 'all':
      return expression.items.every(canBeEmpty)
    case 'one':
      return expression.items.some(canBeEmpty)
    case 'repeat':
      return expression.min === 0 || canBeEmpty(expression.item)
    case 'set':
    case 'rule':
    case 'dispatch':
      return false
    default:
      return expression satisfies never
  }
}
