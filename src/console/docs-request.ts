// Trying a route: the request as a form, what came back as it comes, and the same as a curl command.

import { button, copyButton, element, labelled } from './element.ts'
import { storedKey } from './service.ts'

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  description: string
  example?: string | number
}

export interface Operation {
  method: string
  path: string
  parameters: Parameter[]
  examples: Record<string, { value: unknown }>
}

export function requestForm(operation: Operation): HTMLElement {
  const { method, path, parameters, examples } = operation
  const id = `${method}${path}`
  const inputs = parameters.map((parameter) => {
    const input = element('input', { type: 'text', spellcheck: 'false' })
    return { parameter, input, field: labelled(`${parameter.name} of ${id}`, input, parameter.description) }
  })
  for (const { parameter, field } of inputs) field.querySelector('label')!.textContent = parameter.name
  const named = Object.entries(examples)
  const body = element('textarea', { spellcheck: 'false', 'aria-label': `Body of ${method} ${path}` })
  const choose = (value: unknown) => {
    body.value = JSON.stringify(value, null, 2)
  }
  if (named[0]) choose(named[0][1].value)
  const output = element('div', { class: 'output', role: 'status', 'aria-label': 'Answer', hidden: true })
  const built = () => requestOf(operation, inputs, named.length > 0 ? body.value : null)
  let running: AbortController | null = null
  const send = button('Send', async () => {
    running?.abort()
    running = new AbortController()
    output.hidden = false
    await show(built(), output, running.signal)
  })
  send.classList.add('primary')
  return element(
    'div',
    {},
    ...inputs.map(({ field }) => field),
    named.length > 0 &&
      element(
        'div',
        { class: 'actions' },
        'Examples:',
        ...named.map(([name, { value }]) => button(name, () => choose(value))),
      ),
    named.length > 0 && body,
    element(
      'div',
      { class: 'actions' },
      send,
      button('Stop', () => running?.abort()),
      copyButton('Copy as curl', () => curl(built())),
    ),
    output,
  )
}

interface BuiltRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
}

function requestOf(
  { method, path }: Operation,
  inputs: { parameter: Parameter; input: HTMLInputElement }[],
  body: string | null,
): BuiltRequest {
  const url = new URL(path, location.origin)
  const headers: Record<string, string> = body === null ? {} : { 'Content-Type': 'application/json' }
  for (const { parameter, input } of inputs) {
    const value = input.value.trim()
    if (value === '') continue
    if (parameter.in === 'query') url.searchParams.set(parameter.name, value)
    if (parameter.in === 'header') headers[parameter.name] = value
    if (parameter.in === 'path') {
      const whole = value.split('/').map(encodeURIComponent).join('/')
      url.pathname = decodeURIComponent(url.pathname).replace(`{${parameter.name}}`, whole)
    }
  }
  const key = storedKey()
  if (key !== null) headers.Authorization = `Bearer ${key}`
  return { method: method.toUpperCase(), url: url.href, headers, body }
}

async function show(
  { method, url, headers, body }: BuiltRequest,
  output: HTMLElement,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now()
  output.replaceChildren('…')
  try {
    const response = await fetch(url, { method, headers, signal, ...(body !== null && { body }) })
    const type = response.headers.get('Content-Type') ?? ''
    const took = `${Math.round(performance.now() - startedAt)} ms`
    const head = element('p', { class: 'soft', text: `${response.status} ${response.statusText} · ${took} · ${type}` })
    const text = document.createTextNode('')
    output.replaceChildren(head, text)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text.data += next.value
    if (type.startsWith('application/json')) text.data = JSON.stringify(JSON.parse(text.data), null, 2)
  } catch (thrown) {
    output.append(signal.aborted ? '\n(stopped)' : `\n${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

function curl({ method, url, headers, body }: BuiltRequest): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const named = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)
  const parts = ['curl --no-buffer', ...(method === 'GET' ? [] : [`-X ${method}`]), quoted(url), ...named]
  return [...parts, ...(body === null ? [] : [`-d ${quoted(body)}`])].join(' \\\n  ')
}
