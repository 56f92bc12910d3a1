// How many cores this process may really use: the smaller of its CPU affinity and its container's quota.
// More threads than that make every step slower, because the kernel stops the process for the rest of each period.

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** At least 1. A quota of 2.5 cores counts as 2. `root` is where /proc and /sys are found (a folder of their copies in tests). */
export function usableCores(root = '/', affinity = availableParallelism()): number {
  const quota = Math.min(quotaOfVersion2(root), quotaOfVersion1(root))
  return Math.max(1, Math.floor(Math.min(affinity, quota)))
}

/** cgroup v2: `cpu.max` holds "200000 100000" or "max 100000"; every folder above the process's own limits it too. */
function quotaOfVersion2(root: string): number {
  const own = read(root, 'proc/self/cgroup')?.match(/^0::(.*)$/m)?.[1] ?? '/'
  const parts = own.split('/').filter((part) => part !== '' && part !== '..')
  let cores = Number.POSITIVE_INFINITY
  for (let depth = parts.length; depth >= 0; depth--) {
    const line = read(root, join('sys/fs/cgroup', ...parts.slice(0, depth), 'cpu.max'))
    const [quota, period] = line?.trim().split(' ').map(Number) ?? []
    if (quota && period) cores = Math.min(cores, quota / period)
  }
  return cores
}

/** cgroup v1: two files, and a quota of -1 for none. */
function quotaOfVersion1(root: string): number {
  const folder = 'sys/fs/cgroup/cpu'
  const quota = Number(read(root, join(folder, 'cpu.cfs_quota_us')))
  const period = Number(read(root, join(folder, 'cpu.cfs_period_us')))
  return quota > 0 && period > 0 ? quota / period : Number.POSITIVE_INFINITY
}

/** null where the file is missing: another operating system, or the other version of cgroups. */
function read(root: string, file: string): string | null {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return null
  }
}
