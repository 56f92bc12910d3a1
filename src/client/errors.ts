// What a request or a job can end with instead of its result.

/** The service refused the request, or the job failed. `code` is the service's; see the OpenAPI document. */
export class WorkflowError extends Error {
  readonly code: string
  /** Of the response; null: the job failed while it was followed. */
  readonly status: number | null
  /** The field of the request that is wrong. */
  readonly field: string | null
  /** The service says that it is worth trying again after so many ms. */
  readonly retryAfterMs: number | null

  constructor(
    code: string,
    message: string,
    details: { status?: number; field?: string | null; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause })
    this.name = 'WorkflowError'
    this.code = code
    this.status = details.status ?? null
    this.field = details.field ?? null
    this.retryAfterMs = details.retryAfterMs ?? null
  }
}

export async function errorOf(response: Response): Promise<WorkflowError> {
  const body = (await response.json().catch(() => null)) as { error?: Record<string, unknown> } | null
  const { code, message, field } = body?.error ?? {}
  return new WorkflowError(
    typeof code === 'string' ? code : 'unknown',
    typeof message === 'string' ? message : `the service answered ${response.status}`,
    {
      status: response.status,
      field: typeof field === 'string' ? field : null,
      retryAfterMs: retryAfterMsOf(response.headers.get('Retry-After')),
    },
  )
}

/** Of seconds, or of an HTTP date. */
function retryAfterMsOf(header: string | null): number | null {
  if (header === null) return null
  const ms = /^\d{1,6}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}
