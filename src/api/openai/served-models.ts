// The models of this service as OpenAI's clients see them, and which of them a request may name.

import { AppError } from '../../errors.ts'
import type { ApiService } from '../service.ts'
import { show } from '../validation.ts'

/** Clients that must name a model, and whose users don't care which, say this. */
export const anyModel = 'default'

type Models = Pick<ApiService, 'model' | 'embeddings'>

/** The one that writes comes first. */
export function servedModels({ model, embeddings }: Models, created: number) {
  const common = { object: 'model', created, owned_by: 'workflowai' }
  const writing = { id: model.name, ...common, max_model_len: model.maxContext }
  if (embeddings === null) return [writing]
  const { model: id, maxTokens, dimensions } = embeddings.info
  return [writing, { id, ...common, max_model_len: maxTokens, embedding_dimensions: dimensions }]
}

/** @throws AppError `not_found`, as OpenAI's API does */
export function assertServed(name: string | undefined, use: 'text' | 'embedding', { model, embeddings }: Models): void {
  const served = use === 'text' ? model.name : (embeddings?.info.model ?? '')
  if (name === undefined || name === '' || name === anyModel || name === served) return
  const other = use === 'text' ? embeddings?.info.model : model.name
  if (name !== other) throw unknownModel(name, [{ id: served }])
  const is = use === 'text' ? 'an embedding model' : 'not an embedding model'
  throw notFound(
    `the model ${show(name)} is ${is}; this route has ${JSON.stringify(served)}, also called "${anyModel}"`,
  )
}

export function unknownModel(name: string, served: readonly { id: string }[]): AppError {
  const names = served.map(({ id }) => JSON.stringify(id)).join(' and ')
  const also = served.length === 1 ? `, also called "${anyModel}"` : ''
  return notFound(`the model ${show(name)} does not exist; this service has ${names}${also}`)
}

function notFound(message: string): AppError {
  return new AppError('not_found', message, { field: 'model', openAiCode: 'model_not_found' })
}
