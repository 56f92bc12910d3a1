// Calls of functions as a text, in one of the forms of src/tokenizer/tool-form.ts.

import { toolCallText } from '../tokenizer/tool-form.ts'
import type { ToolCallsFormat } from './format.ts'
import { jsonRules } from './json-text.ts'
import { member, refusal } from './refusal.ts'
import { all, dispatch, type Expression, one, type Rules, repeat, rule, text } from './rules.ts'
import { schemaRules } from './schema.ts'

/** A small model would go on calling until its tokens run out. */
const mostCalls = 8

/** Where the request says what a tool's arguments are. */
export function parametersField(index: number): string {
  return `${member('tools', index)}.function.parameters`
}

/** @throws AppError `invalid_request` naming the keyword that is wrong or not supported */
export function toolCallRules({ tools, required, parallel, form }: ToolCallsFormat): Rules {
  const { open, beforeName, beforeArguments, close } = toolCallText[form]
  const rules = new Map(jsonRules)
  const ways = tools.map(({ name, parameters }, index) => {
    const prefix = `tool${index}`
    for (const [own, expression] of argumentRules(parameters, index)) {
      if (!rules.has(own)) rules.set(prefix + own, renamed(expression, prefix))
    }
    return all(text(`${beforeName}${JSON.stringify(name)}${beforeArguments}`), rule(`${prefix}root`))
  })
  rules.set('call', all(one(...ways), text(close)))
  const more = repeat(all(text(`\n${open}`), rule('call')), 0, parallel ? mostCalls - 1 : 0)
  rules.set('calls', all(rule('call'), more))
  return rules.set('root', required ? all(text(open), rule('calls')) : dispatch(open, 'calls'))
}

/** The rules of one tool's arguments. @throws AppError `invalid_request` */
export function argumentRules(parameters: Record<string, unknown>, index: number): Rules {
  const field = parametersField(index)
  return schemaRules(objectOf(parameters, field), field)
}

function objectOf(parameters: Record<string, unknown>, field: string): Record<string, unknown> {
  const { type } = parameters
  if (type === 'object') return parameters
  if (type !== undefined) throw refusal(member(field, 'type'), type, '"object"')
  return '$ref' in parameters || 'anyOf' in parameters || 'allOf' in parameters
    ? parameters
    : { ...parameters, type: 'object' }
}

/** The rules of one schema beside those of others: the names that all share stay. */
function renamed(expression: Expression, prefix: string): Expression {
  switch (expression.kind) {
    case 'rule':
      return jsonRules.some(([name]) => name === expression.name) ? expression : rule(prefix + expression.name)
    case 'all':
    case 'one':
      return { ...expression, items: expression.items.map((item) => renamed(item, prefix)) }
    case 'repeat':
      return { ...expression, item: renamed(expression.item, prefix) }
    default:
      return expression
  }
}
