// POST /v1/embeddings. Not on the queue: the answer is ready in milliseconds and the same whenever it is asked for again,
// so there is nothing to follow, to resume or to stop (docs/decisions/0007).

import { type Request, type Response, Router } from 'express'
import type { EmbeddingLine } from '../../embedding/embedding-line.ts'
import type { Embedded } from '../../embedding/embedding-work.ts'
import { normalized } from '../../embedding/pooling.ts'
import { AppError } from '../../errors.ts'
import { callerOf, ownerOf } from '../auth/caller.ts'
import { jsonBody } from '../body.ts'
import type { TakenTokens } from '../limits/token-ledger.ts'
import { traceOf } from '../request-trace.ts'
import type { ApiService } from '../service.ts'
import { validate } from '../validation.ts'
import { sendEmbeddings } from './embedding-answer.ts'
import { assertTokensFit, embeddingInputs } from './embedding-inputs.ts'
import { EmbeddingMetrics } from './embedding-metrics.ts'
import { inTermsOf } from './openai-error.ts'
import { type EmbeddingBody, embeddingRequestSchema } from './requests.ts'
import { assertServed } from './served-models.ts'

export function embeddingRoutes(service: ApiService): Router {
  const router = Router()
  const { embeddings: line } = service
  const metrics = line && new EmbeddingMetrics(service.metrics.registry, line)

  router.post('/v1/embeddings', ...jsonBody(service.settings.bodyLimitBytes), async (request, response) => {
    const body = validate(embeddingRequestSchema, request.body)
    if (line === null) throw noModel()
    assertServed(body.model, 'embedding', service)
    const { dimensions: full, model } = line.info
    const dimensions = checkedDimensions(body.dimensions ?? full, line)
    const startedAt = performance.now()
    const embedded = await embed(body, line, request, response, service)
    metrics?.answered(embedded.tokens, startedAt)
    const vectors = embedded.vectors.map((vector) =>
      dimensions === full ? vector : normalized(vector.slice(0, dimensions)),
    )
    await sendEmbeddings({ ...embedded, vectors }, model, body.encoding_format ?? 'float', response)
  })
  return router
}

async function embed(
  body: EmbeddingBody,
  line: EmbeddingLine,
  request: Request,
  response: Response,
  service: ApiService,
): Promise<Embedded> {
  const inputs = embeddingInputs(body.input, line.info)
  const account = service.limits.tokens?.accountOf(request) ?? null
  const span = service.tracing.span('embed', { parent: traceOf(request).span.context })
  const gone = new AbortController()
  response.once('close', () => gone.abort(new AppError('cancelled', 'the client has left')))
  let taken: TakenTokens | undefined
  try {
    const embedded = await line.embed(inputs, {
      owner: ownerOf(callerOf(request)),
      signal: gone.signal,
      onCounted: async (counts) => {
        assertTokensFit(counts, body.input, line.info)
        const tokens = await account?.take(counts.reduce((sum, count) => sum + count, 0))
        if (gone.signal.aborted) await tokens?.giveBack()
        else taken = tokens
      },
    })
    span.set({ 'workflowai.inputs': inputs.length, 'workflowai.tokens': embedded.tokens })
    return embedded
  } catch (thrown) {
    await taken?.giveBack()
    throw inTermsOf('input', thrown)
  } finally {
    span.end()
  }
}

/** @throws AppError `invalid_request` for a length that the model's vectors can't be cut to */
function checkedDimensions(asked: number, { info }: EmbeddingLine): number {
  const { dimensions, matryoshka } = info
  if (asked === dimensions) return asked
  if (matryoshka?.length === 0 && asked < dimensions) return asked
  if (matryoshka?.includes(asked) && asked < dimensions) return asked
  const fewer = matryoshka?.length === 0 ? 'or fewer' : matryoshka ? `or one of ${matryoshka.join(', ')}` : 'only'
  const message = `dimensions is ${asked}; allowed: ${dimensions} ${fewer}`
  throw new AppError('invalid_request', message, { field: 'dimensions' })
}

function noModel(): AppError {
  const message =
    'this service has no embedding model: start it with EMBEDDING_MODEL set to a folder with tokenizer.json, config.json ' +
    'and onnx/model.onnx, or to an id that was fetched with `npm run model -- pull --embedding ID`'
  return new AppError('not_found', message, { field: 'model', openAiCode: 'model_not_found' })
}
