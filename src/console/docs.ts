// The API's page: /openapi.json as people read it, with a form to try each route.

import { type Operation, type Parameter, requestForm } from './docs-request.ts'
import { type Schema, type Schemas, schemaView } from './docs-schema.ts'
import { element } from './element.ts'
import { setKey, storedKey } from './service.ts'

interface Media {
  schema: Schema
  examples?: Record<string, { value: unknown }>
  'x-event-data'?: Record<string, Schema>
}

interface DescribedOperation {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}

interface OpenApi {
  info: { title: string; version: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, DescribedOperation>>
  components: { schemas: Schemas }
}

const found = (id: string) => document.getElementById(id) as HTMLElement

async function load(): Promise<void> {
  const response = await fetch('/openapi.json')
  const document = (await response.json()) as OpenApi
  const { info, tags, paths, components } = document
  const all = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  )
  const contents: Node[] = []
  const sections = tags.map(({ name, description }) => {
    const own = all.filter(({ operation }) => operation.tags.includes(name))
    contents.push(element('h2', { text: name }))
    for (const { method, path, operation } of own) {
      contents.push(element('a', { href: `#${operation.operationId}`, text: `${method.toUpperCase()} ${path}` }))
    }
    const routes = own.map(({ method, path, operation }) => routeView(method, path, operation, components.schemas))
    return element(
      'section',
      {},
      element('h2', { text: name }),
      element('p', { class: 'soft', text: description }),
      ...routes,
    )
  })
  found('contents').replaceChildren(...contents)
  const head = element('h1', { text: `${info.title} ${info.version}` })
  const link = element('a', { href: '/openapi.json', text: '/openapi.json' })
  found('routes').replaceChildren(head, element('p', {}, `${info.description} The whole document: `, link), ...sections)
  openNamed()
}

/** Its body is made when it is opened. */
function routeView(method: string, path: string, operation: DescribedOperation, schemas: Schemas): HTMLElement {
  const { operationId, summary, description } = operation
  const details = element(
    'details',
    { class: 'route', id: operationId },
    element(
      'summary',
      {},
      element('span', { class: 'method', 'data-method': method, text: method.toUpperCase() }),
      element('code', { text: path }),
      element('span', { class: 'soft', text: summary }),
    ),
  )
  const fill = () => {
    const media = operation.requestBody?.content['application/json']
    const form: Operation = { method, path, parameters: operation.parameters ?? [], examples: media?.examples ?? {} }
    const inside = element('div', { class: 'route-body' })
    if (description) inside.append(element('p', { text: description }))
    inside.append(element('h3', { text: 'Try it' }), requestForm(form))
    if (media) inside.append(element('h3', { text: 'Body' }), schemaView(media.schema, schemas))
    inside.append(element('h3', { text: 'Answers' }), answersView(operation, schemas))
    details.append(inside)
  }
  details.addEventListener('toggle', fill, { once: true })
  return details
}

function answersView({ responses }: DescribedOperation, schemas: Schemas): HTMLElement {
  const rows = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const views = Object.entries(content).map(([type, media]) => {
      const events = Object.entries(media['x-event-data'] ?? {})
      const inner =
        events.length === 0
          ? [schemaView(media.schema, schemas)]
          : events.flatMap(([name, schema]) => [
              element('code', { text: `event: ${name}` }),
              schemaView(schema, schemas),
            ])
      return element('details', {}, element('summary', { text: type }), ...inner)
    })
    return element('tr', {}, element('th', { scope: 'row', text: status }), element('td', {}, description, ...views))
  })
  return element('table', {}, element('tbody', {}, ...rows))
}

/** The route that the address names is open. */
function openNamed(): void {
  const named = location.hash === '' ? null : document.getElementById(location.hash.slice(1))
  if (!(named instanceof HTMLDetailsElement)) return
  named.open = true
  named.scrollIntoView()
}

const key = found('key') as HTMLInputElement
key.value = storedKey() ?? ''
key.addEventListener('change', () => setKey(key.value.trim()))
document.documentElement.dataset.theme = localStorage.getItem('workflowai-theme') ?? 'auto'
addEventListener('hashchange', openNamed)
load().catch((thrown: unknown) => found('routes').replaceChildren(`The document could not be read: ${String(thrown)}`))
