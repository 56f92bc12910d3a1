// The Hugging Face hub over HTTP: what a model's repository holds, and its files, from any byte on.

import { z } from 'zod'
import { AppError } from '../errors.ts'

export interface HubOptions {
  /** https://huggingface.co, or a mirror. */
  endpoint: string
  /** For models that ask for one; null: none. */
  token: string | null
}

export interface HubFile {
  name: string
  bytes: number
  /** Of the content; large files have one. */
  sha256: string | null
  /** Git's own checksum of the content; small files have only this. */
  gitSha1: string | null
}

export interface HubModel {
  id: string
  /** The commit that the revision stands for. */
  commit: string
  files: HubFile[]
}

const modelSchema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  siblings: z.array(
    z.looseObject({
      rfilename: z.string(),
      size: z.int().nonnegative(),
      blobId: z.string().nullish(),
      lfs: z.looseObject({ sha256: z.string() }).nullish(),
    }),
  ),
})

export class ModelHub {
  readonly #options: HubOptions

  constructor(options: HubOptions) {
    this.#options = options
  }

  /** Throws `bad_model` when there is no such model or revision or it is gated, `unavailable` when the hub can't be reached. */
  async model(id: string, revision: string): Promise<HubModel> {
    const path = `api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`
    const response = await this.#get(path, id, revision)
    const parsed = modelSchema.safeParse(await response.json().catch(() => null))
    if (!parsed.success) {
      throw new AppError(
        'unavailable',
        `${this.#options.endpoint} does not answer like a Hugging Face hub; is HF_ENDPOINT right?`,
      )
    }
    const files = parsed.data.siblings.map(({ rfilename, size, blobId, lfs }) => ({
      name: rfilename,
      bytes: size,
      sha256: lfs?.sha256 ?? null,
      gitSha1: lfs ? null : (blobId ?? null),
    }))
    return { id, commit: parsed.data.sha, files }
  }

  /** The file's bytes from `from` on, or all of them when the server can't start in the middle: `from` says which. */
  async download(
    model: HubModel,
    name: string,
    from: number,
  ): Promise<{ from: number; body: AsyncIterable<Uint8Array> }> {
    const headers: Record<string, string> = from > 0 ? { Range: `bytes=${from}-` } : {}
    const path = `${model.id}/resolve/${model.commit}/${name.split('/').map(encodeURIComponent).join('/')}`
    const response = await this.#get(path, model.id, model.commit, headers)
    const body = response.body as unknown as AsyncIterable<Uint8Array> | null
    if (body === null) throw new AppError('unavailable', `${this.#options.endpoint} sent nothing for ${name}`)
    return { from: response.status === 206 ? from : 0, body }
  }

  async #get(path: string, id: string, revision: string, headers: Record<string, string> = {}): Promise<Response> {
    const { endpoint, token } = this.#options
    const url = `${endpoint.replace(/\/+$/, '')}/${path}`
    const response = await fetch(url, {
      headers: { ...headers, ...(token && { Authorization: `Bearer ${token}` }) },
    }).catch((cause: Error) => {
      throw offline(endpoint, cause)
    })
    if (response.ok) return response
    await response.body?.cancel()
    throw refusal(response, { id, revision, endpoint, hasToken: token !== null })
  }
}

function offline(endpoint: string, cause: Error): AppError {
  const reason = (cause.cause as NodeJS.ErrnoException | undefined)?.code ?? cause.message
  return new AppError(
    'unavailable',
    `${endpoint} can't be reached (${reason}): check the network, a proxy, or HF_ENDPOINT`,
    {
      cause,
    },
  )
}

interface Request {
  id: string
  revision: string
  endpoint: string
  hasToken: boolean
}

/** The hub answers 401 for what it doesn't want to tell strangers: a gated model, a private one, or none at all. */
function refusal(response: Response, { id, revision, endpoint, hasToken }: Request): AppError {
  const code = response.headers.get('x-error-code')
  const { status } = response
  if (code === 'RevisionNotFound') return new AppError('bad_model', `${id} has no revision ${revision} at ${endpoint}`)
  if (code === 'GatedRepo' || status === 403) {
    const token = hasToken ? 'the account of HF_TOKEN has not accepted its terms' : 'it needs HF_TOKEN'
    return new AppError('bad_model', `${id} is gated: ${token}. Accept them at ${endpoint}/${id}`)
  }
  if (code === 'RepoNotFound' || status === 404 || status === 401) {
    const hint = hasToken ? '' : ', or it is private and needs HF_TOKEN'
    return new AppError('bad_model', `there is no model ${id} at ${endpoint}${hint}`)
  }
  return new AppError('unavailable', `${endpoint} answered ${status} for ${id}; try again later`)
}
