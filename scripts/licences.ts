// Checks that whoever runs the program may: every package that it needs at run time has a licence that asks for no more than its
// notice. Read in the current folder, from the lock file and the packages themselves.

import { readFileSync } from 'node:fs'

const allowed = ['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'CC0-1.0', 'BlueOak-1.0.0']

interface LockFile {
  packages: Record<string, { dev?: boolean; link?: boolean }>
}

interface Manifest {
  version: string
  license?: string | { type: string }
  /** How packages said it before there was `license`. */
  licenses?: { type: string }[]
}

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

function licenceOf({ license, licenses }: Manifest): string {
  if (typeof license === 'string') return license
  return license?.type ?? licenses?.map(({ type }) => type).join(' OR ') ?? 'none'
}

/** Of `(A OR B)` one has to be allowed, of `A AND B` both. */
function isAllowed(licence: string): boolean {
  const terms = licence.replace(/^\(|\)$/g, '').split(' OR ')
  return terms.some((term) => term.split(' AND ').every((one) => allowed.includes(one.trim())))
}

const { packages } = read('package-lock.json') as LockFile
const counts = new Map<string, number>()
const refused: string[] = []
for (const [folder, { dev }] of Object.entries(packages)) {
  if (folder === '' || dev) continue
  let manifest: Manifest
  try {
    manifest = read(`${folder}/package.json`)
  } catch {
    // For another system or processor: it is not installed here.
    continue
  }
  const licence = licenceOf(manifest)
  counts.set(licence, (counts.get(licence) ?? 0) + 1)
  if (!isAllowed(licence)) refused.push(`${folder.replace(/^.*node_modules\//, '')} ${manifest.version}: ${licence}`)
}

const seen = [...counts].sort(([, a], [, b]) => b - a).map(([licence, count]) => `${count} ${licence}`)
process.stdout.write(`licences of the packages at run time: ${seen.join(', ')}\n`)
for (const one of refused) process.stdout.write(`error: ${one}; allowed: ${allowed.join(', ')}\n`)
if (counts.size === 0) process.stdout.write('error: there is no package at all: nothing was checked\n')
process.exit(refused.length > 0 || counts.size === 0 ? 1 : 0)
