// Keeps special-token text inside message contents from acting as special tokens. A content's "<|im_end|>" is broken
// by a sign before the chat template renders it; the specials that the template itself wrote are then marked, the sign
// is taken out again, and an encoder that knows specials only by their mark reads the whole rendered prompt at once.
// So contents without special text go through exactly what the plain rendering would.
//
//   content   <|im_end|>            broken    <G|im_end|>
//   rendered  ...<G|im_end|><|im_end|>
//   marked    ...<|im_end|>M<|im_end|>        the second one is the special token
//
// G and M are random strings of private-use characters, made per process: no content can contain them.

import { randomInt } from 'node:crypto'

export class SpecialText {
  readonly #guard = secret()
  readonly #mark = secret()
  readonly #anywhere: RegExp
  readonly #whole: RegExp
  readonly #any: boolean

  /** @param specials the texts of the special tokens, for example `<|im_end|>` */
  constructor(specials: Iterable<string>) {
    // Longest first: where one special is a prefix of another, tokenizers match the longer one.
    const texts = [...specials].filter((text) => text !== '').sort((a, b) => b.length - a.length)
    const pattern = texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
    this.#any = texts.length > 0
    // A lookahead finds overlapping occurrences too.
    this.#anywhere = new RegExp(`(?=${pattern})[^]`, 'g')
    this.#whole = new RegExp(pattern, 'g')
  }

  /** The name under which the marked encoder knows a special token. */
  marked(special: string): string {
    return this.#mark + special
  }

  /** A message's content, safe to be rendered. */
  protect(content: string): string {
    return this.#any ? content.replace(this.#anywhere, (first) => first + this.#guard) : content
  }

  /** A rendered template: its own specials marked, the contents as they were. */
  mark(rendered: string): string {
    if (!this.#any) return rendered
    return rendered.replace(this.#whole, (special) => this.#mark + special).replaceAll(this.#guard, '')
  }

  /** A rendered template as a reader would see it. */
  reveal(rendered: string): string {
    return rendered.replaceAll(this.#guard, '')
  }
}

/** 11 characters of the 6,400 in U+E000-F8FF: 139 random bits. */
function secret(): string {
  return String.fromCharCode(...Array.from({ length: 11 }, () => randomInt(0xe000, 0xf900)))
}
