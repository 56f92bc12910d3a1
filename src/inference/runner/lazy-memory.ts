// Memory for caches: zeros that the system hands out page by page as they are first written, so what is not used costs
// nothing, where pages of 2 MB are given only to who asks for them.
//
// The engine's process asks malloc for pages of 2 MB (see large-pages.ts): for weights that is right, but of a cache with
// a few rows in each slot all would then be there at once. WebAssembly's memory does not come from malloc.

/** What Node's types leave out of it. */
declare const WebAssembly: { Memory: new (descriptor: { initial: number }) => { readonly buffer: ArrayBuffer } }

const pageBytes = 65_536
/** What one WebAssembly memory may hold. */
const mostBytes = 65_536 * pageBytes

/** `count` areas of `bytes` each, zeroed, as many as go into one memory side by side. */
export function lazyMemory(count: number, bytes: number): Uint8Array<ArrayBuffer>[] {
  const together = Math.max(1, Math.floor(mostBytes / bytes))
  const areas: Uint8Array<ArrayBuffer>[] = []
  while (areas.length < count) {
    const here = Math.min(together, count - areas.length)
    const buffer = reserve(here * bytes)
    for (let i = 0; i < here; i++) areas.push(new Uint8Array(buffer, i * bytes, bytes))
  }
  return areas
}

/**
 * WebAssembly reserves gigabytes of addresses around a memory. Where they are limited (`ulimit -v`), or one area is larger
 * than that, it comes from malloc.
 */
function reserve(bytes: number): ArrayBuffer {
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) }).buffer
  } catch {
    return new ArrayBuffer(bytes)
  }
}
