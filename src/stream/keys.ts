// Every Redis key of the service. All share one hash tag, so that one script may touch any of them, in a cluster too.

/** The queue's name in BullMQ; with the prefix its keys read `{workflowai}:queue:...`. */
export const queueName = 'queue'

export interface Keys {
  /** BullMQ's key prefix. */
  readonly prefix: string
  /** Zset of admitted, unfinished jobs. Score: deadline in ms since the epoch. */
  readonly admitted: string
  /** Hash: admitted job -> `<prompt tokens> <owner>`. */
  readonly admittedTokens: string
  /** Sum of `admittedTokens`, kept by the same scripts. */
  readonly admittedTokensTotal: string
  /** Zset of jobs that no worker has opened, fair between owners: see scripts/parts.ts. Score: the job's virtual start. */
  readonly waiting: string
  /** Hash: `hold_ms` (moving average), `ended` (jobs that held a slot), `place_at` (the end of the line of the refused). */
  readonly rate: string
  /** Hash: `jobs <owner>` and `tokens <owner>` of every owner with admitted jobs. */
  readonly owners: string
  /** Zset of `<owner>:<job>` that workers hold or are about to take. Score: ms since the epoch when that lapses. */
  readonly held: string
  /** Hash: `now` (the virtual time), `ends <owner>` (where the owner's last job ends in it), `owners` (how many there may be). */
  readonly fair: string
  /** What scripts about the bounds and the line begin with: see `lineNames`. */
  readonly line: readonly string[]
  /** Hash: what all workers have counted, see fleet-metrics.ts. */
  readonly metrics: string
  /** Zset of live workers. Score: ms since the epoch when the worker counts as gone. */
  readonly workers: string
  /** Hash: worker -> its last heartbeat as JSON. */
  readonly workerInfo: string
  /** Hash: worker -> jobs it holds now. */
  readonly workerLoad: string
  /** Pub/sub: hints that work has arrived or a job was cancelled. Losing one costs time, never a job. */
  readonly control: string
  /** Zset of jobs by time of admission, for listing; bounded. Of one owner, or with null of all. */
  recent(owner: string | null): string
  /** Hash: the job's record. */
  job(id: string): string
  /** Stream: the job's events, the truth. */
  log(id: string): string
  /** String: what the job is to do, as JSON. */
  payload(id: string): string
  /** Pub/sub: the job's events as they are appended. Fast, lossy. */
  channel(id: string): string
  /** String with expiry: exists while somebody reads the job. Names the API of all its readers; empty: unknown. */
  lease(id: string): string
  /** String: the job that an owner's Idempotency-Key started, with the hash of its body. */
  idempotency(owner: string, key: string): string
  /** String with expiry: the job whose stream a ticket opens. */
  ticket(hash: string): string
  /** Hash: scope of the knowledge base -> a number that every change of it raises. */
  readonly knowledgeVersions: string
  /** Set: cases of the program that an operator has removed. */
  readonly knowledgeRemoved: string
  /** Hash: case -> the case as JSON. A scope is the key whose cases they are; empty: everyone's. */
  knowledge(scope: string): string
  /** Hash: case -> votes for it less votes against it. */
  knowledgeVotes(scope: string): string
  /** Hash: case -> how many failures have had its signature. */
  knowledgeSeen(scope: string): string
  /** Hash: case -> its vector, with the model and the text that it is of. */
  knowledgeVectors(scope: string): string
}

/** Keys that scripts about the bounds and the line begin with, in this order; scripts/parts.ts names them in Lua. */
export const lineNames = [
  ...['admitted', 'admitted-tokens', 'admitted-tokens-total', 'waiting', 'rate'],
  ...['owners', 'held', 'fair'],
]

export function keysOf(namespace = 'workflowai'): Keys {
  const prefix = `{${namespace}}`
  return {
    prefix,
    admitted: `${prefix}:admitted`,
    admittedTokens: `${prefix}:admitted-tokens`,
    admittedTokensTotal: `${prefix}:admitted-tokens-total`,
    waiting: `${prefix}:waiting`,
    rate: `${prefix}:rate`,
    owners: `${prefix}:owners`,
    held: `${prefix}:held`,
    fair: `${prefix}:fair`,
    line: lineNames.map((name) => `${prefix}:${name}`),
    metrics: `${prefix}:metrics`,
    workers: `${prefix}:workers`,
    workerInfo: `${prefix}:worker-info`,
    workerLoad: `${prefix}:worker-load`,
    control: `${prefix}:control`,
    recent: (owner) => (owner === null ? `${prefix}:recent` : `${prefix}:recent-of:${owner}`),
    job: (id) => `${prefix}:job:${id}`,
    log: (id) => `${prefix}:log:${id}`,
    payload: (id) => `${prefix}:payload:${id}`,
    channel: (id) => `${prefix}:channel:${id}`,
    lease: (id) => `${prefix}:lease:${id}`,
    // An owner's name has no colon.
    idempotency: (owner, key) => `${prefix}:idempotency:${owner}:${key}`,
    ticket: (hash) => `${prefix}:ticket:${hash}`,
    knowledgeVersions: `${prefix}:knowledge-versions`,
    knowledgeRemoved: `${prefix}:knowledge-removed`,
    knowledge: (scope) => `${prefix}:knowledge:${scope}`,
    knowledgeVotes: (scope) => `${prefix}:knowledge-votes:${scope}`,
    knowledgeSeen: (scope) => `${prefix}:knowledge-seen:${scope}`,
    knowledgeVectors: (scope) => `${prefix}:knowledge-vectors:${scope}`,
  }
}
