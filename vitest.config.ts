import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Two groups. `fast` runs in parallel and is part of `npm run check`. `slow` runs one file at a time, after the fast ones:
// whole services, containers, faults and the real model would take each other's cores and time out.
const slow = ['test/{containers,contract,e2e,faults}/**/*.test.ts', 'test/**/*.slow.test.ts']

export default defineConfig({
  test: {
    // Most tests wait for Redis, timers or child processes, so a test file for each core and one more is no crowd.
    maxWorkers: availableParallelism() + 1,
    // A promise that nobody waits for fails the run; so does a test that only logs its failure.
    dangerouslyIgnoreUnhandledErrors: false,
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: slow,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'slow',
          include: slow,
          testTimeout: 180_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
