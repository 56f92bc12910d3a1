// What loggers and CI systems put in front of a line: timestamps, hosts, container and step names. Rules and templates
// look at what follows. Severity words are never stripped.

const date = String.raw`\d{4}[-/]\d\d[-/]\d\d`
const time = String.raw`\d\d:\d\d:\d\d(?:[.,]\d{1,9})?`
const zone = String.raw`(?:Z|[+-]\d\d:?\d\d| UTC| GMT)?`
const stamp = `${date}[T ]${time} ?${zone}`

/** In the order they nest; each is tried once, from the outside in. */
const prefixes: RegExp[] = [
  // `gh run view --log`: job, step, then the line.
  new RegExp(String.raw`^[^\t]{1,120}\t[^\t]{1,120}\t\uFEFF?(?=${date})`),
  // docker compose: `api-1  | `, `web_1 | `
  /^[A-Za-z][\w.-]{0,63}[-_]\d{1,3} {1,40}\| ?/,
  // kubectl logs --prefix
  /^\[pod\/[\w.-]{1,253}\/[\w.-]{1,63}\] /,
  // Taskcluster: `[task 2024-01-01T00:00:00.000Z] `
  new RegExp(String.raw`^\[[a-z]{2,20}[:\w-]{0,20} ${stamp}\] ?`),
  new RegExp(String.raw`^\uFEFF?[[(]?${stamp}[\])]?:? ?`),
  // What containerd keeps of a pod: `stderr F `.
  /^(?:stdout|stderr) [FP] /,
  // GitLab's stream marks: `00O `, `01E+`
  /^\d\d[OE][ +]/,
  // syslog of RFC 5424: `<30>1 2026-03-04T09:12:01Z host app 4127 - - `
  new RegExp(String.raw`^<\d{1,3}>\d ${stamp} (?:\S{1,255} ){4}(?:-|\[.{1,500}\]) ?`),
  // syslog and journald: `May  1 12:00:00 host unit[12]: ` and the same after an ISO stamp
  new RegExp(String.raw`^[A-Z][a-z]{2} [ \d]\d ${time} [\w.-]{1,253} [\w./@:-]{1,64}(?:\[\d{1,10}\])?: `),
  /^[\w.-]{1,253} [\w./@-]{1,64}\[\d{1,10}\]: /,
  // BuildKit: `#12 3.456 `, `#12 `
  /^#\d{1,4} (?:\d{1,6}\.\d{1,4} )?/,
  new RegExp(String.raw`^[[(]?${time}[\])]? (?=\S| )`),
  // mozharness: `    INFO - `; mach: the minutes since the build began. A level above INFO stays.
  /^\s{1,6}(?:INFO|DEBUG) - {1,2}/,
  /^\s{0,6}(?:(?:ERROR|WARNING) - {1,2})? ?\d{1,3}:\d\d\.\d\d /,
]

const sectionMark = /^section_(?:start|end):\d{1,12}:[\w.[\]=,-]{1,200}$/

// Most prefixes start with one of these; a line that starts with a space has none.
const maybePrefixed = /^[\uFEFF[(<#\dA-Za-z]/

/** The line without its prefixes. */
export function withoutPrefix(text: string): string {
  if (!maybePrefixed.test(text)) return text
  let rest = text
  for (const prefix of prefixes) {
    const match = prefix.exec(rest)
    if (match !== null) rest = rest.slice(match[0].length)
  }
  return sectionMark.test(rest) ? '' : rest
}
