import { expect, test } from 'vitest'
import { parseRedisAddress } from '../src/redis-address.ts'

const open = { tls: false, username: undefined, password: undefined }

test('one server is an address that ioredis takes as it is', () => {
  expect(parseRedisAddress('rediss://me:secret@redis.example.com:6380/2')).toEqual({
    kind: 'server',
    url: 'rediss://me:secret@redis.example.com:6380/2',
  })
})

test('Sentinels are named with the primary they watch, and the database', () => {
  expect(parseRedisAddress('redis+sentinel://s1,s2:26380,[::1]:5/main/3')).toEqual({
    ...open,
    kind: 'sentinel',
    hosts: [
      { host: 's1', port: 26_379 },
      { host: 's2', port: 26_380 },
      { host: '::1', port: 5 },
    ],
    name: 'main',
    db: 3,
    sentinelPassword: undefined,
  })
})

test('a cluster is named by some of its nodes', () => {
  expect(parseRedisAddress('redis+cluster://a,b:7001')).toEqual({
    ...open,
    kind: 'cluster',
    hosts: [
      { host: 'a', port: 6379 },
      { host: 'b', port: 7001 },
    ],
  })
})

test('credentials are for the servers, with one more password for the Sentinels', () => {
  expect(parseRedisAddress('rediss+sentinel://me:p%40ss@a/main?sentinel_password=other')).toMatchObject({
    ...{ tls: true, username: 'me', password: 'p@ss', db: 0, sentinelPassword: 'other' },
  })
  expect(parseRedisAddress('rediss+cluster://:secret@a')).toMatchObject({ username: undefined, password: 'secret' })
})

test.each([
  'redis+sentinel://me:%zz@a/main',
  'redis+cluster://me@you@a',
  'redis+cluster://a b',
  'redis+proxy://a',
  'http://a',
])('%s is no address', (text) => expect(parseRedisAddress(text)).toBeNull())
