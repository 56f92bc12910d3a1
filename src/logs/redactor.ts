// Replaces secrets by numbered placeholders, line by line, so that line numbers stay. The same secret gets the same
// number, whichever rule found it first, so that a reader can still tell that two lines show the same value.

import type { Redaction } from './analysis.ts'
import { HintFinder } from './hint-finder.ts'
import { NextLineSecret } from './next-line-secret.ts'
import { insidePlaceholder, placeholder } from './placeholder.ts'
import { isSecret, type PersonalData, personalRules, type SecretRule, secretRules } from './secret-rules.ts'
import { type NetFinding, SecretlintNet } from './secretlint-net.ts'

const keyStart = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/
const keyEnd = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/
/** A truncated key has no end: its body stops at the first line without a run of base64. */
const keyBody =
  /[A-Za-z0-9+/=]{16}|^(?:.{0,80}[\s|\]])?(?:Proc-Type|DEK-Info|Version|Comment): |[A-Za-z0-9+/]{2,}={1,2}$|^\s*$/

/** Nothing longer is kept to recognize a repeated secret; its beginning identifies it. */
const maxRememberedLength = 512

export class Redactor {
  readonly #rules: SecretRule[]
  readonly #hints: HintFinder
  /** Of each hint, the rules that ask for it, as indexes into the rules. */
  readonly #rulesOfHint: number[][]
  readonly #net = new SecretlintNet()
  readonly #nextLine = new NextLineSecret()
  readonly #placeholders = new Map<string, string>()
  /** The other way round, for those that are kept whole. */
  readonly #secrets = new Map<string, string>()
  readonly #numbers = new Map<string, number>()
  readonly #byRule = new Map<string, number>()
  #count = 0
  #insideKey = false

  /** @param also personal data that is no secret, but not to be shown either */
  constructor({ also = [] }: { also?: readonly PersonalData[] } = {}) {
    this.#rules = [...secretRules, ...also.flatMap((kind) => personalRules[kind])]
    const names = [...new Set(this.#rules.flatMap((rule) => rule.hints))]
    this.#hints = new HintFinder(names)
    this.#rulesOfHint = names.map((name) =>
      this.#rules.flatMap((rule, index) => (rule.hints.includes(name) ? [index] : [])),
    )
  }

  /** One visible line, in the order of the log: a private key spans several. */
  redactLine(line: string): string {
    return this.redactLines([line])[0]!
  }

  /** As redactLine, for several lines that follow each other: cheaper than one by one. */
  redactLines(lines: string[]): string[] {
    const redacted = lines.map((line) => this.#byOwnRules(this.#withoutNextLineSecret(this.#withoutPrivateKey(line))))
    const whole = redacted.join('\n')
    const findings = this.#net.find(whole)
    if (findings.length === 0) return redacted
    return this.#withoutFindings(whole, findings).split('\n')
  }

  #withoutNextLineSecret(line: string): string {
    const found = this.#nextLine.find(line)
    if (found === null) return line
    const secret = line.slice(found.start, found.end)
    if (!isSecret(secret) || secret.includes('[REDACTED:')) return line
    return line.slice(0, found.start) + this.#placeholder('secret-assignment', secret) + line.slice(found.end)
  }

  #byOwnRules(text: string): string {
    const found = this.#hints.find(text)
    if (found.length === 0) return text
    const candidates = [...new Set(found.flatMap((hint) => this.#rulesOfHint[hint]!))].sort((a, b) => a - b)
    return candidates.reduce((result, index) => this.#apply(this.#rules[index]!, result), text)
  }

  /** Lines stay lines: a finding that spans several is replaced in each of them. */
  #withoutFindings(text: string, findings: NetFinding[]): string {
    let result = ''
    let at = 0
    for (const { rule, start, end } of findings) {
      const secret = text.slice(Math.max(start, at), end)
      if (start < at || secret.includes('[REDACTED:')) continue
      const parts = secret.split('\n').map((part) => (part.trim() === '' ? part : this.#placeholder(rule, part)))
      result += text.slice(at, start) + parts.join('\n')
      at = end
    }
    return result + text.slice(at)
  }

  /** What a placeholder stands for; undefined for what was too long to keep. */
  secretOf(placeholder: string): string | undefined {
    return this.#secrets.get(placeholder)
  }

  /** How many secrets were replaced so far, every occurrence counted. */
  summary(): Pick<Redaction, 'count' | 'by_rule'> {
    return { count: this.#count, by_rule: Object.fromEntries([...this.#byRule].sort(([a], [b]) => (a < b ? -1 : 1))) }
  }

  #apply(rule: SecretRule, text: string): string {
    return text.replace(rule.pattern, (...args: unknown[]) => {
      const match = args[0] as string
      const last = args.at(-1)
      const groups = typeof last === 'object' && last !== null ? (last as Record<string, string | undefined>) : {}
      const secret = groups.secret ?? groups.double ?? groups.single ?? groups.escaped ?? match
      const offset = args.find((arg) => typeof arg === 'number') as number
      if (insidePlaceholder(text, offset) || rule.accept?.(secret) === false) return match
      // Replaced by an earlier rule, unless there is more than that: `Cookie: a=[REDACTED:jwt:1]; session=...`
      if (secret.includes('[REDACTED:') && !/\w{3}/.test(secret.replaceAll(placeholder, ''))) return match
      const at = match.lastIndexOf(secret)
      return match.slice(0, at) + this.#placeholder(rule.id, secret) + match.slice(at + secret.length)
    })
  }

  #placeholder(ruleId: string, secret: string): string {
    this.#count++
    this.#byRule.set(ruleId, (this.#byRule.get(ruleId) ?? 0) + 1)
    const key = secret.slice(0, maxRememberedLength)
    const known = this.#placeholders.get(key)
    if (known !== undefined) return known
    const number = (this.#numbers.get(ruleId) ?? 0) + 1
    this.#numbers.set(ruleId, number)
    const placeholder = `[REDACTED:${ruleId}:${number}]`
    this.#placeholders.set(key, placeholder)
    if (key === secret) this.#secrets.set(placeholder, secret)
    return placeholder
  }

  /** Replaces the part of the line that belongs to a PEM private key, which may begin, go on or end in it. */
  #withoutPrivateKey(line: string): string {
    let result = ''
    let rest = line
    if (!this.#insideKey && !rest.includes('-----BEGIN')) return line
    for (;;) {
      if (this.#insideKey) {
        const end = keyEnd.exec(rest)
        if (end === null) {
          this.#insideKey = keyBody.test(rest)
          return this.#insideKey && rest.trim() !== '' ? `${result}[REDACTED:private-key]` : result + rest
        }
        this.#insideKey = false
        result += '[REDACTED:private-key]'
        rest = rest.slice(end.index + end[0].length)
      }
      const start = keyStart.exec(rest)
      if (start === null) return result + rest
      this.#insideKey = true
      this.#count++
      this.#byRule.set('private-key', (this.#byRule.get('private-key') ?? 0) + 1)
      result += rest.slice(0, start.index)
      rest = rest.slice(start.index + start[0].length)
      if (rest === '') return `${result}[REDACTED:private-key]`
    }
  }
}
