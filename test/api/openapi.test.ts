import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiDocument } from '../../src/api/openapi.ts'
import { openApiPath } from '../../src/api/openapi-route.ts'
import { methodsOf } from '../../src/api/route-docs.ts'
import { type RunningService, startService } from './running-service.ts'

let service: RunningService
beforeAll(async () => {
  service = await startService({ workers: 0 })
})
afterAll(() => service.stop())

interface Layer {
  route?: { path: string; stack: { method: string }[] }
  handle: { stack?: Layer[] }
}

/** `POST /generate` of every route that Express has, in routers too. */
function routesOf(layers: Layer[]): string[] {
  return layers.flatMap(({ route, handle }) => {
    if (!route) return routesOf(handle.stack ?? [])
    const methods = new Set(route.stack.map(({ method }) => method.toUpperCase()))
    return [...methods].map((method) => `${method} ${openApiPath(route.path)}`)
  })
}

describe('the OpenAPI document', () => {
  const document = openApiDocument('1.2.3')

  it('has every route that Express has, and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const { stack } = service.api.app.router as unknown as { stack: Layer[] }
    expect(described.sort()).toEqual(routesOf(stack).sort())
  })

  it('is what the service serves', async () => {
    const served = (await (await fetch(`${service.url}/openapi.json`)).json()) as typeof document
    expect(served.openapi).toBe('3.1.0')
    expect(served.paths).toEqual(document.paths)
  })

  it('refers to no schema that it does not have, and has none that nothing refers to', () => {
    const refs = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
    expect([...new Set(refs)].sort()).toEqual(Object.keys(document.components.schemas).sort())
  })

  it('names each operation once', () => {
    const ids = [...JSON.stringify(document.paths).matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toContain('postV1ChatCompletions')
  })

  it('says which methods a path has', () => {
    expect(methodsOf('/jobs')).toEqual(['POST', 'GET'])
    expect(methodsOf('/v1/models/org/name')).toEqual(['GET'])
    expect(methodsOf('/Jobs/')).toEqual(['POST', 'GET'])
    expect(methodsOf('/openapixjson')).toEqual([])
    expect(methodsOf('/nothing')).toEqual([])
  })
})
