// Prompts of a wanted length in tokens. No two are alike, so none is answered from a cache.

// Each is one token of the embedded model's vocabulary where it stands behind a space.
const words = 'server database timeout memory process request error build test module network disk cache thread'.split(
  ' ',
)
/** Tokens around the words. */
const frameTokens = 17

let state = Date.now() & 0x7fffffff

function random(): number {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
  return state / 0x80000000
}

const word = () => words[Math.floor(random() * words.length)]

/** About `tokens` tokens of English words, from the first of them on unlike any other prompt. */
export function uniquePrompt(tokens: number): string {
  const text = Array.from({ length: Math.max(1, tokens - frameTokens) }, word).join(' ')
  return `${word()} ${Math.floor(random() * 1e6)}, a story about it: ${text}\nThe story:`
}
