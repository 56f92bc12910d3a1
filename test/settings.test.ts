import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { misspelledSettings, readSettings, requireRedisUrl, settingsTable } from '../src/settings.ts'

const redisUrls =
  'redis://HOST:PORT/DB, redis+sentinel://HOST:PORT,HOST:PORT/NAME/DB, redis+cluster://HOST:PORT,HOST:PORT, or rediss for TLS'

describe('settings', () => {
  test('an empty environment gives the documented defaults', () => {
    expect(readSettings({})).toMatchObject({
      redisUrl: null,
      ports: [8002, 8004],
      host: '127.0.0.1',
      workers: 1,
      model: null,
      modelPrecision: 'int8',
      engineSlots: 16,
      engineMaxContext: 2048,
      engineKvTokens: 0,
      queueMaxJobs: 256,
      queueMaxTokens: 131_072,
      disconnectGraceMs: 10_000,
      streamTtlMs: 600_000,
      bodyLimitBytes: 2 * 1024 ** 2,
      logBodyLimitBytes: 64 * 1024 ** 2,
      maxConnections: 10_000,
      corsOrigins: [],
      logLevel: 'info',
      dataDir: resolve('.data'),
      noInstall: false,
    })
  })

  test('a variable that is set but empty counts as not set', () => {
    expect(readSettings({ PORT: '', REDIS_URL: ' ' })).toMatchObject({ ports: [8002, 8004], redisUrl: null })
  })

  test('values are read as a user writes them', () => {
    const settings = readSettings({
      PORT: '9001, 9002,9001',
      BODY_LIMIT: '512kb',
      CORS_ORIGINS: 'https://app.example.com, http://localhost:3000',
      NO_INSTALL: '1',
      REDIS_URL: 'rediss://user:pass@redis.example.com:6380/2',
    })
    expect(settings.ports).toEqual([9001, 9002])
    expect(settings).toMatchObject({ bodyLimitBytes: 512 * 1024, logBodyLimitBytes: 64 * 1024 ** 2, noInstall: true })
    expect(settings.corsOrigins).toEqual(['https://app.example.com', 'http://localhost:3000'])
    expect(settings.redisUrl).toBe('rediss://user:pass@redis.example.com:6380/2')
  })

  test.each([
    ['PORT', '80o2', 'ports from 1 to 65535, comma-separated'],
    ['PORT', '8002,70000', 'ports from 1 to 65535, comma-separated'],
    ['PORT', '8002,', 'ports from 1 to 65535, comma-separated'],
    ['WORKERS', '0', 'a whole number from 1 to 64'],
    ['WORKERS', '-1', 'a whole number from 1 to 64'],
    ['ENGINE_SLOTS', '1.5', 'a whole number from 1 to 1024'],
    ['ENGINE_SLOTS', '0x10', 'a whole number from 1 to 1024'],
    ['ENGINE_THREADS', 'all', 'a whole number from 1 to 1024'],
    ['MODEL_PRECISION', 'int4', 'int8, float32'],
    ['LOG_LEVEL', 'verbose', 'trace, debug, info, warn, error, fatal, silent'],
    ['BODY_LIMIT', '2 megabytes', 'a size such as 2mb, or two: the second for logs'],
    ['BODY_LIMIT', '0', 'a size such as 2mb, or two: the second for logs'],
    ['CORS_ORIGINS', 'app.example.com', 'origins such as https://app.example.com, comma-separated, or *'],
    ['CORS_ORIGINS', 'https://app.example.com/', 'origins such as https://app.example.com, comma-separated, or *'],
    ['NO_INSTALL', 'maybe', '1 or 0'],
    ['REDIS_URL', 'localhost:6379', redisUrls],
    ['REDIS_URL', 'redis+sentinel://a,b', redisUrls],
    ['REDIS_URL', 'redis+sentinel://a,,b/main', redisUrls],
    ['REDIS_URL', 'redis+sentinel://a:99999/main', redisUrls],
    ['REDIS_URL', 'redis+sentinel://a/main/first', redisUrls],
    ['REDIS_URL', 'redis+cluster://', redisUrls],
    ['REDIS_URL', 'redis+cluster://a/0', redisUrls],
  ])('%s="%s" is refused with its name, its value and what is allowed', (name, value, allowed) => {
    expect(() => readSettings({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'bad_setting',
        field: name,
        message: `${name} is "${value}"; allowed: ${allowed}`,
      }),
    )
  })

  test('a password never shows in the message, even where the URL is no URL', () => {
    for (const url of [
      'redis+cluster://me:s3cret@host/0',
      'redis+sentinel://a?sentinel_password=s3cret',
      'redis://me:s3/cr@et@:x',
      'http://:s3cret@host?password=s3cret',
    ]) {
      let message = ''
      try {
        readSettings({ REDIS_URL: url })
      } catch (thrown) {
        message = String(thrown)
      }
      expect(message).toContain('REDIS_URL is')
      expect(message).not.toMatch(/s3|cret/)
    }
  })

  test('keys are kept as hashes, with a name of their own or one made from the hash', () => {
    const { apiKeys, adminKey } = readSettings({
      API_KEYS: 'alice:secret-of-alice, another-secret',
      ADMIN_KEY: 'administrator',
    })
    expect(apiKeys.map(({ name }) => name)).toEqual(['alice', expect.stringMatching(/^key-[0-9a-f]{8}$/)])
    expect(adminKey?.name).toBe('admin')
    expect(JSON.stringify([apiKeys, adminKey])).not.toMatch(/secret|administrator/)
  })

  test('keys are read from a file, one a line, with comments', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'keys')
    await writeFile(file, '# the team\n\nalice:secret-of-alice\r\n  bob:secret-of-bob  \n')
    expect(readSettings({ API_KEYS: `carol:secret-of-carol,${file}` }).apiKeys.map(({ name }) => name)).toEqual([
      'carol',
      'alice',
      'bob',
    ])
    await writeFile(file, 'alice:secret-of-alice,bob:secret-of-bob\n')
    expect(() => readSettings({ API_KEYS: file })).toThrow(/line 1 of .* has a comma; allowed: one key a line/)
  })

  test.each([
    ['API_KEYS', 'alice:secret-of-alice,short', 'key 2 has 5 characters'],
    ['API_KEYS', 'alice:', 'key 1 has 0 characters'],
    ['API_KEYS', 'secret-of-alice,', 'key 2 has 0 characters'],
    ['API_KEYS', 'alice:secret of alice', 'key 1 has a space'],
    ['API_KEYS', 'al ice:secret-of-alice', 'the name of key 1 is not'],
    ['API_KEYS', 'admin:secret-of-alice', 'the name of key 1 is admin'],
    ['API_KEYS', 'alice:the-same-key,bob:the-same-key', 'alice and bob have the same key'],
    ['API_KEYS', '/no/such/file', "the file /no/such/file can't be read (ENOENT)"],
    ['ADMIN_KEY', 'secret', 'key 1 has 6 characters'],
  ])('%s="%s" is refused without quoting a key', (name, value, message) => {
    let said = ''
    try {
      readSettings({ [name]: value })
    } catch (thrown) {
      said = String(thrown)
    }
    expect(said).toContain(`${name} can't be used: ${message}`)
    expect(said).not.toMatch(/secret|same-key/)
  })

  test('a key can not be both an API key and the admin key', () => {
    expect(() => readSettings({ API_KEYS: 'a:the-same-key', ADMIN_KEY: 'the-same-key' })).toThrow(
      /^ADMIN_KEY is one of/,
    )
  })

  test('a process that needs a Redis says so when none is named', () => {
    expect(() => requireRedisUrl(readSettings({}))).toThrow(/^REDIS_URL is not set/)
  })

  test('names that are nearly a setting are pointed out, others are left alone', () => {
    const env = {
      ENGINE_SLOT: '4',

      QUEUE_MAX_JOB: '1',
      PATH: '/bin',
      REDIS_URL: 'x',
      PORTS: '1',
      MODELS: 'x',
    }
    expect(misspelledSettings(env)).toEqual([
      'ENGINE_SLOT is not a setting; did you mean ENGINE_SLOTS?',
      'QUEUE_MAX_JOB is not a setting; did you mean QUEUE_MAX_JOBS?',
    ])
  })

  test('the table names every variable, its default and its meaning', () => {
    const table = settingsTable()
    expect(table.find((row) => row.name === 'PORT')?.default).toBe('8002,8004')
    for (const row of table) {
      expect(row.default, row.name).not.toBe('')
      expect(row.meaning, row.name).not.toBe('')
    }
  })
})
