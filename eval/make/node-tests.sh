#!/usr/bin/env bash
# jest, vitest, mocha, node:test, tsc, eslint, prettier.
. "$(dirname "$0")/common.sh"

fails jest-assert --category test --root "✕ adds shipping" --root "● totals › adds shipping" --root "expect(received).toBe(expected)" --root "Expected: 25" --root "Received: 20" --root "> 4 |" --format github <<'RUN'
echo '{"name":"shop","scripts":{"test":"jest"}}' > package.json
mkdir test
for suite in error failure fatal; do printf "test('%s is reported', () => {\n  console.error('Error: expected %s in the test')\n  expect(1).toBe(1)\n})\n" $suite $suite > test/$suite.test.js; done
printf "describe('totals', () => {\n  test('adds items', () => expect(20).toBe(20))\n  test('adds shipping', () => {\n    expect(20).toBe(25)\n  })\n})\n" > test/totals.test.js
step npm test
npm test -- --verbose
RUN

fails jest-snapshot --category test --root "✕ renders the banner" --root "● renders the banner" --root "expect(received).toMatchSnapshot()" --root "Received:" --root "Snapshot: " --format gitlab <<'RUN'
echo '{"name":"banner","scripts":{"test":"jest --ci"}}' > package.json
mkdir __snapshots__
printf '// Jest Snapshot v1, https://goo.gl/fbAQLP\n\nexports[`renders the banner 1`] = `"<b>Sale until Friday</b>"`;\n' > __snapshots__/banner.test.js.snap
printf "test('renders the banner', () => {\n  expect('<b>Sale until Sunday</b>').toMatchSnapshot()\n})\n" > banner.test.js
step npm test
FORCE_COLOR=1 npm test
RUN

fails jest-timeout --category timeout --category test --root "✕ waits for the webhook" --root "thrown: \"Exceeded timeout of 500 ms for a test." --root "● waits for the webhook" --format circleci <<'RUN'
echo '{"name":"hooks","jest":{"testTimeout":500}}' > package.json
printf "test('sends', () => {})\ntest('waits for the webhook', async () => {\n  await new Promise(() => {})\n})\n" > hook.test.js
step npx jest
jest
RUN

fails jest-module --category dependency --category test --category configuration --root "Cannot find module './currency' from 'price.test.js'" --format azure <<'RUN'
echo '{"name":"price"}' > package.json
printf "const { format } = require('./currency')\ntest('formats', () => expect(format(1)).toBe('1'))\n" > price.test.js
printf "test('adds', () => expect(2).toBe(2))\n" > add.test.js
step Test
jest
RUN

fails vitest-assert --category test --root "× sort > keeps order" --root "AssertionError: expected [ 'a', 'c' ] to deeply equal [ 'a', 'b' ]" --root "FAIL  src/sort.test.js > sort > keeps order" --root "❯ src/sort.test.js:5" --format github <<'RUN'
echo '{"name":"sorting","type":"module"}' > package.json
mkdir src
printf "import { describe, expect, it } from 'vitest'\ndescribe('sort', () => {\n  it('reports errors', () => { console.error('Error: bad input (expected)') })\n  it('keeps order', () => {\n    expect(['a', 'c']).toEqual(['a', 'b'])\n  })\n})\n" > src/sort.test.js
step npx vitest run
vitest run
RUN

fails vitest-long --category test --root "FAIL  src/big.test.js > case 613" --root "Error: case 613: checksum mismatch" --root "× src/big.test.js > case 613" --format jenkins <<'RUN'
echo '{"name":"big","type":"module"}' > package.json
mkdir src
printf "import { it } from 'vitest'\nfor (let n = 0; n < 1200; n++) {\n  it('case ' + n, () => {\n    if (n %% 40 === 0) console.warn('warning: failed to read cache, retrying')\n    if (n === 613) throw new Error('case 613: checksum mismatch')\n  })\n}\n" > src/big.test.js
step Tests
vitest run --reporter verbose
RUN

fails mocha-assert --category test --root "AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:" --root "1) parses a leap day" --root "1) dates" --format travis <<'RUN'
echo '{"name":"dates","scripts":{"test":"mocha"}}' > package.json
mkdir test
printf "const assert = require('node:assert')\ndescribe('dates', () => {\n  it('throws an error for nonsense', () => assert.throws(() => { throw new Error('bad') }))\n  it('parses a leap day', () => {\n    assert.strictEqual(28, 29)\n  })\n})\n" > test/dates.js
step npm test
npm test
RUN

fails mocha-hook --category test --category network --category runtime --root "Error: connect ECONNREFUSED 127.0.0.1:6399" --root '"before all" hook' --format taskcluster <<'RUN'
echo '{"name":"cache"}' > package.json
mkdir test
printf "const net = require('node:net')\ndescribe('cache', () => {\n  before((done) => {\n    net.connect(6399, '127.0.0.1').on('error', done)\n  })\n  it('stores', () => {})\n  it('evicts', () => {})\n})\n" > test/cache.js
step mocha
mocha
RUN

fails node-test-runner --category test --root "not ok 2 - rejects an expired token" --root "error: 'Missing expected exception.'" --format gitlab <<'RUN'
printf "const test = require('node:test')\nconst assert = require('node:assert')\ntest('accepts a token', () => {})\ntest('rejects an expired token', () => {\n  assert.throws(() => {})\n})\ntest('todo fails', { todo: true }, () => { throw new Error('later') })\n" > token.test.js
step node --test
node --test --test-reporter tap
RUN

fails tsc-errors --category compile --root "src/order.ts(3,11): error TS2322: Type 'string' is not assignable to type 'number'." --root "src/main.ts(2,10): error TS2554: Expected 1 arguments, but got 2." --format buildkite <<'RUN'
mkdir src
echo '{"compilerOptions":{"strict":true,"noEmit":true,"module":"commonjs","types":[]},"include":["src"]}' > tsconfig.json
printf "export function order(id: number) {\n  let total = id\n  return (total = id.toFixed(2))\n}\n" > src/order.ts
printf "import { order } from './order'\norder(1, 2)\n" > src/main.ts
sed -i 's/  return (total = id.toFixed(2))/  return  total = id.toFixed(2)/' src/order.ts
step tsc -p .
tsc -p . --pretty false
RUN

fails tsc-pretty-after-upgrade --category compile --root "TS2551: Property 'cancelled' does not exist on type 'Job'." --format github <<'RUN'
mkdir src
echo '{"compilerOptions":{"strict":true,"noEmit":true,"types":[]},"include":["src"]}' > tsconfig.json
printf "export interface Job { id: string; canceled: boolean }\n" > src/job.ts
printf "import type { Job } from './job'\nexport function isOver(job: Job) {\n  return job.cancelled\n}\n" > src/over.ts
step npm run build
FORCE_COLOR=1 tsc -p . --pretty
RUN

fails eslint-rules --category lint --root "no-unused-vars" --root "no-undef" --format jenkins <<'RUN'
printf "module.exports = [{ rules: { 'no-unused-vars': 'error', 'no-undef': 'error', 'no-console': 'warn' }, languageOptions: { sourceType: 'commonjs', globals: { console: 'readonly' } } }]\n" > eslint.config.js
printf "const unused = 1\nconsole.log(missingName)\n" > a.js
printf "console.log('error')\n" > b.js
step Lint
eslint .
RUN

fails prettier-check --category lint --root "[warn] src/b.ts" --format github <<'RUN'
mkdir src
printf 'const a = 1;\n' > src/a.ts
printf 'const b   = {x:1}\n' > src/b.ts
step npx prettier --check src
prettier --check src
RUN

clean jest-console-errors --format github <<'RUN'
echo '{"name":"shop","scripts":{"test":"jest"}}' > package.json
for suite in error failure exception; do printf "test('throws %s when the connection failed', () => {\n  console.error(new Error('simulated %s'))\n  expect(() => { throw new Error('x') }).toThrow()\n})\ntest.skip('fails on windows', () => {})\n" $suite $suite > $suite.test.js; done
step npm test
npm test -- --verbose
RUN

clean eslint-warnings --format gitlab <<'RUN'
printf "module.exports = [{ rules: { 'no-unused-vars': 'warn', 'no-console': 'warn' }, languageOptions: { sourceType: 'commonjs' } }]\n" > eslint.config.js
printf "const error = 1\nfunction onFailure(exception) {}\nconsole.log('failed')\n" > a.js
step npx eslint .
eslint .
step npx tsc --version
tsc --version
RUN

clean mocha-pending --format travis <<'RUN'
echo '{"name":"dates"}' > package.json
mkdir test
printf "describe('errors', () => {\n  it('fails when the file is missing', () => {})\n  it('reports an uncaught exception', () => { console.log('Error: boom\\\\n    at Object.<anonymous> (simulated.js:1:1)') })\n  it('will fail later')\n  it('retries', function () { this.retries(3); global.n = (global.n || 0) + 1; if (global.n < 3) throw new Error('flaky') })\n})\n" > test/errors.js
step mocha
mocha
RUN
