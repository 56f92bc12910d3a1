// The processes of this machine, as `ps` sees them: to find what a test has started, and what of it is left.

import { execFileSync } from 'node:child_process'

export interface SeenProcess {
  pid: number
  command: string
}

/** Every process that has `NAME=value` in its environment: what was started with it, however it was detached. */
export function processesWith(marker: string): SeenProcess[] {
  return ps(['axeww', '-o', 'pid=,command='])
    .filter((line) => line.includes(marker))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, '').slice(0, 200) }))
    .filter(({ pid }) => pid !== process.pid)
}

/** Ids of the direct children of a process; none where it is gone. */
export function childrenOf(pid: number): number[] {
  return ps(['ax', '-o', 'pid=,ppid='])
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []))
}

/** The resident memory of a process. */
export function residentMiB(pid: number): number {
  return Math.round(Number(ps(['-o', 'rss=', '-p', String(pid)])[0]) / 1024)
}

/** Sends a signal to a process that may have just ended. @returns whether it was there */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch {
    return false
  }
}

function ps(args: string[]): string[] {
  return execFileSync('ps', args, { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n')
}
