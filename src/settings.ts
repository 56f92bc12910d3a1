// The environment, read once by each main file and checked at once: a wrong value stops the process at start with one
// line. The same schemas give the table of docs/settings.md.

import { resolve } from 'node:path'
import { z } from 'zod'
import { AppError } from './errors.ts'
import * as keys from './setting-keys.ts'
import * as parse from './setting-values.ts'
import { usableCores } from './usable-cores.ts'

interface Variable<Value> {
  schema: z.ZodType<Value, string>
  /** The value when it is not set, written as a user would write it; null: there is none. */
  fallback: string | null
  /** The default as the table shows it, where that is not simply `fallback`. */
  shown?: string
  allowed: string
  meaning: string
  /** Its value is in no message. */
  secret?: true
}

const variable = <Value>(schema: z.ZodType<Value, string>, rest: Omit<Variable<Value>, 'schema'>): Variable<Value> => ({
  schema,
  ...rest,
})

const count = (fallback: number, min: number, max: number, meaning: string, shown?: string): Variable<number> =>
  variable(parse.wholeNumber(min, max), {
    fallback: String(fallback),
    allowed: `a whole number from ${min} to ${max}`,
    meaning,
    ...(shown && { shown }),
  })

const choice = <Name extends string>(names: readonly [Name, ...Name[]], fallback: Name, meaning: string) =>
  variable(z.enum(names) as unknown as z.ZodType<Name, string>, { fallback, allowed: names.join(', '), meaning })

const variables = {
  REDIS_URL: variable(parse.redisUrl, {
    fallback: null,
    shown: 'found or started by `npm start`',
    allowed:
      'redis://HOST:PORT/DB, redis+sentinel://HOST:PORT,HOST:PORT/NAME/DB, redis+cluster://HOST:PORT,HOST:PORT, or rediss for TLS',
    meaning: 'the Redis, version 7 or later, that connects all processes: one server, behind Sentinels, or a Cluster',
  }),
  PORT: variable(parse.ports, {
    fallback: '8002,8004',
    allowed: 'ports from 1 to 65535, comma-separated',
    meaning: 'ports the API listens on; every route is served on each',
  }),
  HOST: variable(z.string(), {
    fallback: '127.0.0.1',
    shown: '127.0.0.1; 0.0.0.0 in the image',
    allowed: 'an address of this machine',
    meaning: 'address the API listens on',
  }),
  WORKERS: count(1, 1, 64, 'worker processes that `npm start` runs'),
  MODEL: variable(z.string(), {
    fallback: null,
    shown: 'the embedded model',
    allowed: 'a GGUF file, a folder with config.json, tokenizer files and safetensors, or a pulled id',
    meaning: 'the model to serve: a GGUF file, a model folder or a pulled id',
  }),
  MODEL_PRECISION: choice(
    ['int8', 'float32'],
    'int8',
    'precision of the weights: int8 is fast, float32 is the reference',
  ),
  EMBEDDING_MODEL: variable(z.string(), {
    fallback: null,
    shown: 'none: no embeddings',
    allowed: 'a folder with tokenizer.json, config.json and onnx/model.onnx, or a pulled id',
    meaning: 'the model of `/v1/embeddings`, which also finds similar cases by meaning: an encoder as an ONNX export',
  }),
  ENGINE_SLOTS: count(16, 1, 1024, 'sequences a worker runs at once'),
  ENGINE_THREADS: count(
    usableCores(),
    1,
    1024,
    'threads of one engine',
    'the cores the process may use; `npm start` divides them among its workers',
  ),
  ENGINE_MAX_CONTEXT: count(2048, 16, 1_048_576, 'tokens a sequence may hold, prompt and answer together'),
  ENGINE_KV_TOKENS: count(
    0,
    0,
    1_000_000_000,
    'tokens that running sequences may hold together, as steps take longer the more they hold: beyond it the youngest waits and is computed again, with the same answer',
    '0: all that the slots can hold',
  ),
  ENGINE_DRAFTING: choice(
    ['on', 'off'],
    'on',
    'guess the next tokens from the text and check them in one step; it changes no answer',
  ),
  QUEUE_MAX_JOBS: count(256, 1, 1_000_000, 'jobs admitted at once, waiting or running; more are answered with 429'),
  QUEUE_MAX_TOKENS: count(
    131_072,
    1,
    1_000_000_000,
    'prompt tokens admitted at once; where there are as many, requests are answered with 429',
  ),
  DISCONNECT_GRACE_MS: count(
    10_000,
    1000,
    3_600_000,
    'milliseconds a job goes on after its last reader left, or up to half as many more; a grace longer where Redis was away',
  ),
  STREAM_TTL_MS: count(600_000, 1000, 604_800_000, 'milliseconds a finished stream can still be read'),
  BODY_LIMIT: variable(parse.bodyLimits, {
    fallback: '2mb,64mb',
    allowed: 'a size such as 2mb, or two: the second for logs',
    meaning: 'largest request body, and largest body with a log',
  }),
  MAX_CONNECTIONS: count(10_000, 1, 1_000_000, 'open connections an API process accepts'),
  API_KEYS: variable(keys.apiKeys, {
    fallback: '',
    shown: 'none: everyone may do everything',
    allowed: keys.allowedKeys,
    meaning: 'keys of those who may use the API, as `NAME:KEY` or `KEY`, comma-separated, or a file with one a line',
    secret: true,
  }),
  ADMIN_KEY: variable(keys.adminKey, {
    fallback: null,
    shown: 'none',
    allowed: 'one KEY, or the path of a file that holds it; at least 8 visible ASCII characters',
    meaning: 'the key of those who run the service: every job, `/workers`, `/metrics`, `/admin/queues`',
    secret: true,
  }),
  RATE_LIMIT_REQUESTS: count(
    0,
    0,
    1_000_000,
    'POST requests a key may make a minute (without keys: an address)',
    '0: no limit',
  ),
  RATE_LIMIT_TOKENS: count(0, 0, 1_000_000_000, 'tokens a key may use a minute, prompts and answers', '0: no limit'),
  TRUST_PROXY: count(0, 0, 10, 'proxies in front of the API whose `X-Forwarded-For` is believed', '0; 1 in compose'),
  CORS_ORIGINS: variable(parse.origins, {
    fallback: '',
    shown: 'none',
    allowed: 'origins such as https://app.example.com, comma-separated, or *',
    meaning: 'web origins whose pages may call the API',
  }),
  RULES_DIR: variable(
    z.string().transform((folder) => resolve(folder)),
    {
      fallback: null,
      shown: 'none',
      allowed: 'a folder with .json files, each a list of rules',
      meaning: 'folder with rules of your own that recognize failures in logs',
    },
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable(parse.httpUrl, {
    fallback: null,
    shown: 'none: no traces',
    allowed: 'an http:// or https:// URL',
    meaning: 'the OpenTelemetry collector that traces are sent to, by OTLP over HTTP',
  }),
  LOG_LEVEL: choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
    'least severe log lines that are written',
  ),
  DATA_DIR: variable(
    z.string().transform((folder) => resolve(folder)),
    {
      fallback: '.data',
      allowed: 'a folder that can be written',
      meaning: 'folder for what is kept: the data of a Redis that `npm start` started, built model graphs',
    },
  ),
  NO_INSTALL: variable(parse.flag, {
    fallback: '',
    shown: 'unset',
    allowed: '1 or 0',
    meaning: '1: `npm start` and `npm test` never use the package manager to get Redis',
  }),
}

type Name = keyof typeof variables
type ValueOf<N extends Name> = (typeof variables)[N] extends Variable<infer Value> ? Value : never

export type Settings = ReturnType<typeof readSettings>

/** Throws one `bad_setting` for the first wrong value: its name, the value without passwords, and what is allowed. */
export function readSettings(env: NodeJS.ProcessEnv) {
  return {
    /** null: not set. */
    redisUrl: optional(env, 'REDIS_URL'),
    ports: required(env, 'PORT'),
    host: required(env, 'HOST'),
    workers: required(env, 'WORKERS'),
    /** null: the embedded model. */
    model: optional(env, 'MODEL'),
    modelPrecision: required(env, 'MODEL_PRECISION'),
    /** null: there are no embeddings. */
    embeddingModel: optional(env, 'EMBEDDING_MODEL'),
    engineSlots: required(env, 'ENGINE_SLOTS'),
    engineThreads: required(env, 'ENGINE_THREADS'),
    engineMaxContext: required(env, 'ENGINE_MAX_CONTEXT'),
    /** 0: no limit. */
    engineKvTokens: required(env, 'ENGINE_KV_TOKENS'),
    engineDrafting: required(env, 'ENGINE_DRAFTING'),
    queueMaxJobs: required(env, 'QUEUE_MAX_JOBS'),
    queueMaxTokens: required(env, 'QUEUE_MAX_TOKENS'),
    disconnectGraceMs: required(env, 'DISCONNECT_GRACE_MS'),
    streamTtlMs: required(env, 'STREAM_TTL_MS'),
    bodyLimitBytes: required(env, 'BODY_LIMIT').bodyBytes,
    logBodyLimitBytes: required(env, 'BODY_LIMIT').logBytes,
    maxConnections: required(env, 'MAX_CONNECTIONS'),
    ...readKeys(env),
    /** 0: no limit. */
    rateLimitRequests: required(env, 'RATE_LIMIT_REQUESTS'),
    rateLimitTokens: required(env, 'RATE_LIMIT_TOKENS'),
    trustProxy: required(env, 'TRUST_PROXY'),
    /** Empty: pages of other origins may not call the API. `*` is any. */
    corsOrigins: required(env, 'CORS_ORIGINS'),
    /** Absolute; null: only the rules that come with the program. */
    rulesDir: optional(env, 'RULES_DIR'),
    /** null: no traces. */
    otlpEndpoint: optional(env, 'OTEL_EXPORTER_OTLP_ENDPOINT'),
    logLevel: required(env, 'LOG_LEVEL'),
    /** Absolute. */
    dataDir: required(env, 'DATA_DIR'),
    noInstall: required(env, 'NO_INSTALL'),
  }
}

/** The keys as they are now: files that hold them are read again. @throws AppError `bad_setting` */
export function readKeys(env: NodeJS.ProcessEnv): keys.Keys {
  const apiKeys = isSet(env.API_KEYS) ? required(env, 'API_KEYS') : []
  const adminKey = optional(env, 'ADMIN_KEY')
  refuseAdminAmong(apiKeys, adminKey)
  return { apiKeys, adminKey }
}

/** The files that hold keys. */
export function keyFilesOf({ API_KEYS = '', ADMIN_KEY = '' }: NodeJS.ProcessEnv): string[] {
  return [...keys.keyFilesIn(API_KEYS), ...keys.keyFilesIn(ADMIN_KEY)]
}

/** For the processes that can't look for a Redis themselves. */
export function requireRedisUrl(settings: Settings): string {
  if (settings.redisUrl !== null) return settings.redisUrl
  throw new AppError('bad_setting', 'REDIS_URL is not set: give the Redis to use, for example redis://127.0.0.1:6379')
}

function optional<N extends Name>(env: NodeJS.ProcessEnv, name: N): ValueOf<N> | null {
  return isSet(env[name]) ? required(env, name) : null
}

function required<N extends Name>(env: NodeJS.ProcessEnv, name: N): ValueOf<N> {
  const { schema, fallback, allowed, secret }: Variable<unknown> = variables[name]
  // compose passes a variable that is not set as an empty string.
  const text = isSet(env[name]) ? env[name].trim() : (fallback ?? '')
  const parsed = schema.safeParse(text)
  if (parsed.success) return parsed.data as ValueOf<N>
  const wrong = secret ? `can't be used: ${parsed.error.issues[0]?.message}` : `is "${parse.withoutPasswords(text)}"`
  throw new AppError('bad_setting', `${name} ${wrong}; allowed: ${allowed}`, { field: name })
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== ''
}

function refuseAdminAmong(apiKeys: keys.ApiKey[], adminKey: keys.ApiKey | null): void {
  if (adminKey === null || !apiKeys.some(({ hash }) => hash.equals(adminKey.hash))) return
  throw new AppError('bad_setting', 'ADMIN_KEY is one of the API_KEYS; allowed: a key of its own', {
    field: 'ADMIN_KEY',
  })
}

/** One line for each variable whose name is nearly one of ours: `ENGINE_SLOT is not a setting; did you mean ENGINE_SLOTS?` */
export function misspelledSettings(env: NodeJS.ProcessEnv): string[] {
  const ours = Object.keys(variables)
  return Object.keys(env).flatMap((name) => {
    if (name.length < 5 || ours.includes(name)) return []
    const meant = ours.find((candidate) => candidate.length > 5 && parse.isOneTypoAway(name, candidate))
    return meant === undefined ? [] : [`${name} is not a setting; did you mean ${meant}?`]
  })
}

export interface SettingRow {
  name: string
  default: string
  meaning: string
}

/** The settings as docs/settings.md lists them. */
export function settingsTable(): SettingRow[] {
  return Object.entries(variables).map(([name, { fallback, shown, meaning }]: [string, Variable<unknown>]) => ({
    name,
    default: shown ?? fallback ?? '',
    meaning,
  }))
}
