// All cases that come with the program.

import type { KnowledgeCase } from '../case.ts'
import { ciCases } from './ci.ts'
import { containerCases } from './containers.ts'
import { databaseCases } from './databases.ts'
import { javascriptCases } from './javascript.ts'
import { jvmCases } from './jvm.ts'
import { kubernetesCases } from './kubernetes.ts'
import { languageCases } from './languages.ts'
import { nativeCases } from './native.ts'
import { networkCases } from './network.ts'
import { pythonCases } from './python.ts'
import type { SeedCase } from './seed-case.ts'
import { systemCases } from './systems.ts'

/** As they are written down, with their samples. */
export const seeds: readonly SeedCase[] = [
  ...javascriptCases,
  ...pythonCases,
  ...jvmCases,
  ...nativeCases,
  ...languageCases,
  ...containerCases,
  ...kubernetesCases,
  ...ciCases,
  ...databaseCases,
  ...networkCases,
  ...systemCases,
]

export const seedCases: readonly KnowledgeCase[] = seeds.map(({ sample: _, ...each }) => ({
  ...each,
  source: 'seed',
  created_at: null,
}))
