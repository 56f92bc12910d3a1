import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { withLargePages } from '../../src/inference/large-pages.ts'
import { lazyMemory } from '../../src/inference/runner/lazy-memory.ts'

const gigabyte = 1024 ** 3
const largePages = '/sys/kernel/mm/transparent_hugepage/enabled'
const onRequest = () => existsSync(largePages) && readFileSync(largePages, 'utf8').includes('[madvise]')

/** MiB that a process with large pages holds more of when it has written a byte in each 2 MB of a gigabyte. */
function residentMiB(gigabyteOf: string): number {
  const module = new URL('../../src/inference/runner/lazy-memory.ts', import.meta.url)
  const script = `
    import { lazyMemory } from '${module}'
    const resident = () => process.memoryUsage.rss()
    const before = resident()
    const area = ${gigabyteOf}
    for (let at = 0; at < area.length; at += 2 * 1024 ** 2) area[at] = 1
    console.log(Math.round((resident() - before) / 1024 ** 2))`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  return Number(spawnSync(process.execPath, args, { env: withLargePages(process.env), encoding: 'utf8' }).stdout)
}

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

  it.runIf(onRequest())(
    'is there only where it was written, also in a process that asks for large pages',
    (context) => {
      if (residentMiB(`new Uint8Array(${gigabyte})`) < 900) context.skip("malloc doesn't know large pages here")
      expect(residentMiB(`lazyMemory(1, ${gigabyte})[0]`)).toBeLessThan(100)
    },
  )
})
