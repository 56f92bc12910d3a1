// The labelled logs of test/fixtures/logs/labelled, written by hand after the formats of the tools. A file holds many:
//
//   === category name
//   lines of the log; » marks the lines that a person would point at
//   @noise kind count      the lines that such a run prints when all is well, some with alarming words in them

import { readdirSync, readFileSync } from 'node:fs'

export interface LabelledLog {
  name: string
  /** `none`: the log shows no failure. */
  category: string
  text: string
  /** 1-based numbers of the marked lines. */
  failing: number[]
}

const folder = new URL('../fixtures/logs/labelled/', import.meta.url)

export function labelledLogs(): LabelledLog[] {
  return readdirSync(folder)
    .sort()
    .flatMap((file) =>
      readFileSync(new URL(file, folder), 'utf8')
        .split(/^=== (?=[a-z]+ [\w-]+$)/m)
        .slice(1),
    )
    .map(parseLog)
}

function parseLog(source: string): LabelledLog {
  const [head = '', ...rest] = source.replace(/\n$/, '').split('\n')
  const [category = '', name = ''] = head.split(' ')
  const lines: string[] = []
  const failing: number[] = []
  for (const line of rest) {
    const noise = /^@noise (\S+) (\d+)$/.exec(line)
    if (noise !== null) {
      lines.push(...noiseLines(noise[1]!, Number(noise[2]), lines.length))
      continue
    }
    lines.push(line.replace(/^»/, ''))
    if (line.startsWith('»')) failing.push(lines.length)
  }
  return { name, category, text: `${lines.join('\n')}\n`, failing }
}

const names = ['error', 'parser', 'failure_log', 'cache', 'retry', 'exception', 'cart', 'abort', 'panic', 'socket']

/** What a kind of run prints as its `i`-th line. */
const noiseKinds: Record<string, (i: number, name: string) => string> = {
  gecko: (i, name) =>
    `[task 2024-05-02T01:05:${two(i)}.000Z] 01:05:${two(i)}     INFO - ${
      [
        `TEST-PASS | dom/base/test/test_${name}_${i}.html | no error was thrown `,
        `TEST-OK | dom/base/test/test_${name}_${i}.html | took ${i % 911}ms`,
        `GECKO(1734) | [Child 1801, Main Thread] WARNING: 'NS_FAILED(rv)', file /gecko/dom/${name}.cpp:${i}`,
        `GECKO(1734) | console.error: "${name} could not be read" (new Error("test", "resource://${name}.js", ${i}))`,
        `TEST-KNOWN-FAIL | dom/base/test/test_${name}_${i}.html | not implemented yet`,
        `GECKO(1734) | JavaScript error: chrome://global/${name}.js, line ${i}: NS_ERROR_FAILURE: Component returned failure`,
        `TEST-START | dom/base/test/test_${name}_${i}.html`,
      ][i % 7]
    }`,
  'gecko-build': (i, name) =>
    `[task 2024-05-02T01:05:${two(i)}.000Z] 01:05:${two(i)}     INFO -  ${i % 9}:${two(i)}.${two(i)} ${
      [
        `dom/${name}/Unified_cpp_${name}${i}.o`,
        `/builds/worker/checkouts/gecko/dom/${name}.cpp:${i}:12: warning: unused variable 'error' [-Wunused-variable]`,
        `/builds/worker/fetches/clang/bin/clang++ -Werror=return-type -fno-exceptions -c dom/${name}${i}.cpp`,
        `   Compiling ${name} v0.${i % 20}.1`,
      ][i % 4]
    }`,
  ninja: (i, name) =>
    i % 17 === 3
      ? `/w/src/${name}.cc:${i}:12: warning: comparison of integers of different signs [-Wsign-compare]`
      : `[${i + 1}/812] Building CXX object src/CMakeFiles/core.dir/${name}_${i}.cc.o`,
  'maven-download': (i, name) =>
    [
      `[INFO] Downloading from central: https://repo.maven.apache.org/maven2/com/acme/${name}/1.${i}/${name}-1.${i}.pom`,
      `[INFO] Downloaded from central: https://repo.maven.apache.org/maven2/com/acme/${name}/1.${i}/${name}-1.${i}.pom (2.1 kB at 81 kB/s)`,
      `Progress (1): ${i % 90}/${90 + (i % 9)} kB`,
      `[WARNING] The POM for com.acme:${name}:jar:1.${i} is missing, no dependency information available`,
    ][i % 4 === 3 && i % 20 !== 3 ? 1 : i % 4]!,
  'pytest-verbose': (i, name) =>
    i % 11 === 5
      ? `tests/test_${name}.py::Test${name}::test_fails_${i} XFAIL (known failure)   [${i % 100}%]`
      : `tests/test_${name}.py::Test${name}::test_${name}_${i} PASSED [0.00${i % 9}s]   [${i % 100}%]`,
  service: (i, name) =>
    `2024-05-02 10:${two(i)}:${two(i * 7)} ${
      [
        `INFO  request ${i} to /${name} took ${i % 97} ms`,
        `INFO  job ${i} done, errors=0 failed=0`,
        `WARN  ${name} is slow, retrying once`,
        `DEBUG ${name} handler registered`,
      ][i % 4]
    }`,
  cargo: (i, name) =>
    i % 13 === 4 ? `warning: unused import: \`std::${name}\`` : `   Compiling ${name.replace('_', '-')} v0.${i}.1`,
  json: (i, name) =>
    `{"level":"${i % 9 === 4 ? 'warn' : 'info'}","ts":"2024-05-02T09:00:${two(i)}Z","msg":"${name} request ${i} served","errors":0}`,
}

function noiseLines(kind: string, count: number, from: number): string[] {
  return Array.from({ length: count }, (_, i) => noiseKinds[kind]!(from + i, names[(from + i) % names.length]!))
}

function two(value: number): string {
  return String(value % 60).padStart(2, '0')
}
