import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lazyMemory } from '../../src/inference/runner/lazy-memory.ts'

const gigabyte = 1024 ** 3
const residentBytes = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024

describe('memory for caches', () => {
  it('comes in areas that are zeroed, of the asked size and apart from each other', () => {
    const areas = lazyMemory(3, 1000)
    expect(areas.map(({ length }) => length)).toEqual([1000, 1000, 1000])
    areas[1]!.fill(7)
    expect([...areas[0]!, ...areas[2]!].every((byte) => byte === 0)).toBe(true)
    expect(areas[1]!.every((byte) => byte === 7)).toBe(true)
  })

  it('may be more than one WebAssembly memory holds', () => {
    const areas = lazyMemory(5, 1.5 * gigabyte)
    for (const [index, area] of areas.entries()) area[area.length - 1] = index + 1
    expect(areas.map((area) => area[area.length - 1])).toEqual([1, 2, 3, 4, 5])
    expect(new Set(areas.map(({ buffer }) => buffer)).size).toBe(3)
  })

  it.runIf(process.platform === 'linux')('is there only where it was written', () => {
    const before = residentBytes()
    const [area] = lazyMemory(1, gigabyte)
    for (let at = 0; at < gigabyte; at += 2 * 1024 ** 2) area![at] = 1
    // 512 pages of 4 KB were written, one in each two megabytes.
    expect(residentBytes() - before).toBeLessThan(gigabyte / 8)
    expect(area![0]).toBe(1)
  })
})
