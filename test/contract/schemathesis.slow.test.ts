// The OpenAPI document in the hands of schemathesis: thousands of requests made from it, right ones and wrong ones, always the
// same. No answer may be a 5xx, one that the document does not have, or a yes to what it forbids.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../src/cli/run-command.ts'
import { startService } from '../api/running-service.ts'
import { repository } from '../support/docker.ts'
import { findOptional } from '../support/optional-program.ts'

const venv = join(repository, '.data/schemathesis')
const schemathesis = findOptional('schemathesis', {
  folders: [join(venv, 'bin')],
  install: 'python3 -m venv .data/schemathesis && .data/schemathesis/bin/pip install schemathesis',
})

const options = [
  ...['--phases', 'examples,coverage,fuzzing', '--seed', '1', '--max-examples', '3', '--workers', '2'],
  ...['--generation-database', 'none', '--request-timeout', '30', '--no-shrink', '--no-color', '--warnings', 'off'],
  // Its stream has no end.
  ...['--exclude-path', '/activity'],
  // What fits the schema need not fit the model: max_tokens beyond the context, both a prompt and messages.
  ...['--exclude-checks', 'positive_data_acceptance'],
]

test('schemathesis finds no answer that the OpenAPI document does not have', async (context) => {
  if (schemathesis.file === null) return context.skip(schemathesis.note)
  const service = await startService({ slots: 16, maxContext: 512, env: { QUEUE_MAX_JOBS: '1000' } })
  const folder = await mkdtemp(join(tmpdir(), 'schemathesis-'))
  try {
    const command = [schemathesis.file, 'run', `${service.url}/openapi.json`, ...options]
    const { exitCode, output } = await runCommand('sh', ['-c', 'cd "$0" && exec "$@"', folder, ...command], {
      timeoutMs: 150_000,
    })
    expect(exitCode, output).toBe(0)
    expect(output).toMatch(/Tested: \d\d/)
  } finally {
    await service.stop()
    await rm(folder, { recursive: true })
  }
})
