// Programs that few machines have and that tests use where they are. What is not run for the want of one is told, but
// counts as no failure where everything else is required: see scripts/test.ts.

import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface OptionalProgram {
  /** null: it is not here. */
  file: string | null
  /** For `context.skip`; scripts/test.ts knows the first word. */
  note: string
}

/** @param folders looked into behind those of the PATH */
export function findOptional(
  name: string,
  { folders = [] as string[], install }: { folders?: string[]; install: string },
) {
  const places = [...(process.env.PATH ?? '').split(':'), ...folders].map((folder) => join(folder, name))
  const file = places.find((place) => existsSync(place)) ?? null
  return { file, note: `optional: ${name} was not found; ${install}` } satisfies OptionalProgram
}
