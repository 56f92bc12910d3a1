// The machine that figures come from, in words.

import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** What makes 8-bit products fast, the fastest first, as Linux names it. */
const extensions = [
  ['amx_int8', 'AMX'],
  ['avx512_vnni', 'AVX-512 VNNI'],
  ['avx_vnni', 'AVX VNNI'],
  ['asimddp', 'dot products'],
] as const

export function machine(cores: number): string {
  const flags = new Set(cpuInfo().split(/\s+/))
  const extension = extensions.find(([flag]) => flags.has(flag))?.[1]
  const model = cpus()[0]?.model ?? 'an unknown CPU'
  return `${cores} ${cores === 1 ? 'core' : 'cores'} of ${model}${extension ? ` with ${extension}` : ''}`
}

function cpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8')
  } catch {
    // Not on Linux.
    return ''
  }
}
