// Text of the kinds that break tokenizers: emoji with joiners, CJK, combining marks, whitespace, any Unicode.

import fc from 'fast-check'

const hard = ['🙂', '👩‍👩‍👧‍👦', '🏳️‍🌈', '日本', '語', '中文', 'é', ' ', '\n', 'a', '1', '𝔘', '\ufeff', '\u200b']

export const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom(...hard) }))
