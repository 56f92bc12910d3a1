// Secretlint's recommended rules as a second net, after our own: they follow new kinds of tokens sooner than we do. Its
// rules are called directly, without its engine, because that obeys comments (`secretlint-disable`) in what it reads,
// and a log must not be able to turn redaction off.

import { rules } from '@secretlint/secretlint-rule-preset-recommend'

export interface NetFinding {
  /** `github`, `slack`, ... */
  rule: string
  start: number
  end: number
}

const prefix = '@secretlint/secretlint-rule-'

/** Comments that ignore are no rule of ours; private keys are replaced over their lines before. */
const left = new Set(['filter-comments', 'privatekey'])

interface Report {
  range: readonly [number, number]
}

/** The part of secretlint's interface that its rules use. */
interface Rule {
  meta: { id: string }
  create(context: object, options: object): { file?(source: object, options: object): unknown }
}

export class SecretlintNet {
  #findings: NetFinding[] = []
  readonly #rules = (rules as unknown as Rule[])
    .map((rule) => ({ rule, name: rule.meta.id.replace(prefix, '') }))
    .filter(({ name }) => !left.has(name))
    .map(({ rule, name }) => rule.create(this.#contextOf(name), {}))

  /** What is found in a text of one or more lines, by position. */
  find(content: string): NetFinding[] {
    this.#findings = []
    const source = { content, filePath: '/log', ext: '.log', contentType: 'text', hasBOM: false }
    for (const rule of this.#rules) rule.file?.(source, {})
    return this.#findings.sort((a, b) => a.start - b.start)
  }

  #contextOf(rule: string): object {
    return {
      sharedOptions: {},
      createTranslator: () => () => ({ message: '', messageId: '' }),
      ignore: () => {},
      report: ({ range: [start, end] }: Report) => this.#findings.push({ rule, start, end }),
    }
  }
}
