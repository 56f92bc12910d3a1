// How the cases that come with this program are written down: data only, each with a line of a log that must find it.

import type { CaseInput } from '../case.ts'

type CaseFix = CaseInput['fixes'][number]
type CaseLink = CaseInput['links'][number]

export interface SeedCase {
  /** Unique; stable over versions, because votes and removals are kept by it. */
  id: string
  category: CaseInput['category']
  title: string
  /** The wording by which tools announce it, a line each, without what changes from run to run. */
  text: string
  /** A line as a tool writes it. Retrieval must put this case first for it. */
  sample: string
  cause: string
  fixes: CaseFix[]
  /** Official documentation only. */
  links: CaseLink[]
  tags: string[]
}

export const low = (action: string, command?: string): CaseFix => fix(action, 'low', command)
export const medium = (action: string, command?: string): CaseFix => fix(action, 'medium', command)

function fix(action: string, risk: CaseFix['risk'], command: string | undefined): CaseFix {
  return { action, risk, ...(command !== undefined && { command }) }
}

export const link = (title: string, url: string): CaseLink => ({ title, url })
