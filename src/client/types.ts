// What is sent and what comes back, as the OpenAPI document has it. A test holds these types to the service's schemas.

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

interface JobOptions {
  /** `continue`: the job is finished though nobody reads it. Default: `cancel`. */
  on_disconnect?: 'cancel' | 'continue'
  deadline_ms?: number
}

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | { type: 'json_schema'; json_schema: { schema: Record<string, unknown> } }
  | { type: 'regex'; regex: string }
  | { type: 'choice'; choices: string[] }

/** Give exactly one of `prompt` and `messages`. */
export interface GenerateRequest extends JobOptions {
  prompt?: string
  messages?: ChatMessage[]
  max_tokens?: number
  temperature?: number
  top_p?: number
  top_k?: number
  min_p?: number
  repetition_penalty?: number
  presence_penalty?: number
  frequency_penalty?: number
  stop?: string | string[]
  seed?: number
  logprobs?: number
  ignore_eos?: boolean
  min_tokens?: number
  response_format?: ResponseFormat
}

export interface AnalyzeRequest extends JobOptions {
  log_content: string
  log_type?: string
  max_tokens?: number
  temperature?: number
  top_p?: number
  seed?: number
  /** Personal data that is redacted beside secrets. */
  redact?: ('email' | 'ip')[]
}

export type JobRequest = ({ kind: 'generate' } & GenerateRequest) | ({ kind: 'analyze-log' } & AnalyzeRequest)

export interface Usage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  cached_tokens: number
}

export interface Timings {
  queued_ms: number
  ttft_ms: number | null
  total_ms: number
  tokens_per_second: number | null
}

export interface TokenLogprob {
  token: string
  id: number
  logprob: number
}

interface Outcome {
  id: string
  tokens_generated: number
  finish_reason: 'stop' | 'length' | 'cancelled' | 'error'
  usage: Usage
  timings: Timings
  model: string | null
  seed?: number | undefined
}

export interface GenerateResult extends Outcome {
  text: string
  logprobs?: (TokenLogprob & { top: TokenLogprob[] })[] | undefined
}

export interface Analysis {
  status: 'ok' | 'partial' | 'no_failure_found'
  summary: string
  category: string
  phase: string
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info'
  root_cause: {
    statement: string
    confidence: 'high' | 'medium' | 'low'
    evidence: { line_start: number; line_end: number; quote: string }[]
  } | null
  error_signature: string | null
  contributing: string[]
  fixes: { action: string; command?: string | undefined; risk: 'low' | 'medium' | 'high' }[]
  prevention: string[]
  references: { title: string; url: string; source: string }[]
  known_case: { id: string; title: string; seen: number } | null
  similar_cases: { id: string; title: string; cause: string; matched: ('wording' | 'meaning')[] }[]
  reduction: { lines_total: number; lines_sent: number; method: string; truncated: boolean; templates: number }
  /** Spans are columns of the visible lines of the log, from 0; of the first redactions where there are very many. */
  redaction: {
    count: number
    by_rule: Record<string, number>
    spans: { line: number; start: number; end: number; placeholder: string }[]
  }
}

export interface AnalyzeResult extends Outcome {
  full_text: string
  /** Missing when the job was stopped before its end. */
  analysis?: Analysis | undefined
}

export interface Job {
  id: string
  kind: 'generate' | 'analyze-log'
  state: 'queued' | 'active' | 'completed' | 'failed' | 'cancelled'
  created_at: string
  position?: number | undefined
  eta_ms?: number | undefined
  attempt: number
  usage: Usage
  result?: GenerateResult | AnalyzeResult | undefined
  error?: { code: string; message: string } | undefined
}

export interface Stopped {
  id: string
  state: Job['state']
  finish_reason: Outcome['finish_reason']
  usage?: Usage | undefined
}

/** `seq` counts up without gaps: what comes behind it can be asked for. News of the place in line have none. */
export type JobEvent<Done extends Outcome = Outcome> =
  | { type: 'queued'; seq: number | null; id: string; position: number; eta_ms: number | null }
  | { type: 'stage'; seq: number; stage: string; counts: Record<string, number> }
  | ({ type: 'token'; seq: number; token: string } & Partial<Omit<TokenLogprob, 'token'>> & { top?: TokenLogprob[] })
  | ({ type: 'done'; seq: number } & Done)

/** A generation's end has no text: it was streamed. */
export type GenerateEvent = JobEvent<Omit<GenerateResult, 'text' | 'logprobs'>>
export type AnalyzeEvent = JobEvent<AnalyzeResult>
