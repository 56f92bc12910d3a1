// What a terminal would show of a line: the last state of a progress bar, no colour codes, no control characters.
// Every pattern is linear: bounded, or without anything required after an unbounded run.

const esc = '\u001b'
const bell = '\u0007'
/** CSI in one byte of C1. */
const shortCsi = '\u009b'
/** C0 and C1 but the tab. */
const controlRange = '\u0000-\u0008\u000b-\u001f\u007f-\u009f'

// CSI (colours, cursor), OSC (titles, links), APC and its like (Buildkite's times) and the two-character escapes.
const escapes = new RegExp(
  [
    String.raw`${esc}\[[0-?]{0,64}[ -/]{0,8}[@-~]`,
    String.raw`${esc}\][^${bell}${esc}\n]{0,4096}(?:${bell}|${esc}\\)?`,
    String.raw`${esc}[_PX^][^${bell}${esc}\n]{0,4096}(?:${bell}|${esc}\\)?`,
    String.raw`${esc}[ -/]?[0-~]`,
    String.raw`${shortCsi}[0-?]{0,64}[@-~]`,
  ].join('|'),
  'g',
)
const controls = new RegExp(`[${controlRange}]`, 'g')
const anyControl = new RegExp(`[${controlRange}]`)

/** The visible text of one raw line (without its \n). What a carriage return overwrote is gone. */
export function visibleText(raw: string): string {
  if (!anyControl.test(raw)) return raw
  if (!raw.includes('\r')) return withoutCodes(raw)
  const states = raw.split('\r')
  for (let i = states.length - 1; i > 0; i--) {
    const state = withoutCodes(states[i]!)
    if (state.trim() !== '') return state
  }
  return withoutCodes(states[0]!)
}

function withoutCodes(text: string): string {
  return text.replace(escapes, '').replace(controls, '')
}
