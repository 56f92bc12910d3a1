// Takes out of a line what changes from run to run, so that the same failure reads the same tomorrow.

const maxMaskedLength = 400

const masks: [RegExp, string][] = [
  [/\[REDACTED:([\w-]{1,60}):\d{1,9}\]/g, '<$1>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s'"<>)\]]{1,300}/gi, '<url>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]{0,12}(?:Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<ip>'],
  // Folders go, the file's name stays: it says where, the folder only on which machine.
  [/(?:[A-Za-z]:)?[\w.@+~-]{0,120}[\\/](?:[\w.@+~-]{1,120}[\\/]){0,40}(?=[\w.@+~-])/g, ''],
  [/\b0x[0-9a-f]{2,32}\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]{0,40}\d)(?=\d{0,40}[a-f])[0-9a-f]{7,64}\b/g, '<hex>'],
  [/\b\d+(?:\.\d+)?\s?(?:ms|s|sec|seconds?|minutes?|[kKMG]i?B)\b/g, '<n>'],
  // Codes say what happened; other numbers which line, which process, how many.
  [/(?<!(?:code|status|exit|errno|HTTP)[ :=]{0,2})(?<![\w.-])\d+(?:\.\d+)*(?![\w-])/g, '<n>'],
]

/** The line without identifiers, paths, times and counts. At most 400 characters. */
export function maskedText(body: string): string {
  let text = body.slice(0, maxMaskedLength * 2)
  for (const [pattern, mask] of masks) text = text.replace(pattern, mask)
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, maxMaskedLength)
}
