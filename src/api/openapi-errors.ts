// What each status of an error means, with an example in each of the two forms.

interface ErrorExample {
  description: string
  example: object
}

const native = (description: string, code: string, message: string, field?: string): ErrorExample => ({
  description,
  example: { error: { code, message, ...(field && { field }) } },
})

const openAi = (
  description: string,
  type: string,
  code: string,
  message: string,
  param: string | null = null,
): ErrorExample => ({ description, example: { error: { message, type, param, code } } })

const retry = 'see Retry-After'

export const errorExamples = {
  400: native('the body or a header is malformed', 'malformed', 'the body is empty; send a JSON object', 'body'),
  401: native('keys are set, and the request has none that is known', 'unauthorized', 'the key is not known'),
  403: native('the key is not the ADMIN_KEY', 'forbidden', '/workers needs the admin key'),
  404: native('unknown, expired, or of another key', 'not_found', 'job job_x is unknown or has expired', 'id'),
  409: native(
    'the Idempotency-Key was used with another body',
    'idempotency_conflict',
    'this Idempotency-Key was used with another body; allowed: the same request again, or another key',
    'Idempotency-Key',
  ),
  410: native(
    'the job was stopped, or its data in Redis is damaged',
    'cancelled',
    'the job was stopped before its end',
  ),
  413: native('the body is too large', 'body_too_large', 'the body is larger than the 2097152 bytes allowed', 'body'),
  415: native(
    'the body is of another type',
    'unsupported_media_type',
    'Content-Type is text/xml; allowed: application/json',
    'Content-Type',
  ),
  422: native('a field is wrong; `field` names it', 'invalid_request', 'top_p is 7; allowed: at most 1', 'top_p'),
  429: native(`too many jobs, requests or tokens; ${retry}`, 'queue_full', 'the queue holds 256 jobs; try again later'),
  500: native('the job failed', 'engine_failed', 'the engine failed'),
  503: native(`Redis or every worker is away; ${retry}`, 'unavailable', 'no worker can serve at the moment'),
  504: native('the deadline passed', 'deadline_exceeded', 'the deadline passed before the job was finished'),
}

const invalid = 'invalid_request_error'

export const openAiErrorExamples = {
  400: openAi('a field or the body is wrong', invalid, 'invalid_request', 'n is 99; allowed: at most 16', 'n'),
  401: openAi(errorExamples[401].description, 'authentication_error', 'unauthorized', 'the key is not known'),
  403: openAi(errorExamples[403].description, 'permission_error', 'forbidden', 'this needs the admin key'),
  404: openAi(
    'the model is not the one that is served',
    invalid,
    'model_not_found',
    'the model "gpt-9" does not exist; this service has "SmolLM2-135M-Instruct"',
    'model',
  ),
  409: openAi(errorExamples[409].description, invalid, 'idempotency_conflict', 'this Idempotency-Key was used'),
  410: openAi(errorExamples[410].description, invalid, 'cancelled', 'the job was stopped before its end'),
  413: openAi(errorExamples[413].description, invalid, 'body_too_large', 'the body is too large', 'body'),
  415: openAi(errorExamples[415].description, invalid, 'unsupported_media_type', 'Content-Type is text/xml'),
  422: openAi('never: OpenAI answers with 400', invalid, 'invalid_request', ''),
  429: openAi(errorExamples[429].description, 'rate_limit_error', 'queue_full', 'the queue holds 256 jobs'),
  500: openAi(errorExamples[500].description, 'server_error', 'engine_failed', 'the engine failed'),
  503: openAi(errorExamples[503].description, 'server_error', 'unavailable', 'no worker can serve at the moment'),
  504: openAi(errorExamples[504].description, 'server_error', 'deadline_exceeded', 'the deadline passed'),
}
