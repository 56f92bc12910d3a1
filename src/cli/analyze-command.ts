// `analyze FILE` or a pipe: a log in, what failed and what to do out. By itself, or through a running service; the
// Analysis is the same. Exit code 0: no failure was found, 1: one was, 2: the command was wrong or could not be done.

import { open } from 'node:fs/promises'
import { CommanderError } from 'commander'
import { Embeddings } from '../embedding/embeddings.ts'
import { AppError, toAppError } from '../errors.ts'
import { KnowledgeBase } from '../knowledge/knowledge-base.ts'
import { createLogAnalyzer } from '../llm/log-analyzer.ts'
import type { Analysis } from '../logs/analysis.ts'
import { readSettings } from '../settings.ts'
import { analysisView } from './analysis-view.ts'
import { analyzeAtService } from './analyze-at-service.ts'
import { type AnalyzeOptions, analyzeProgram } from './analyze-program.ts'
import { openLocalModel } from './local-model.ts'

/** As the service's default for bodies with a log. */
const maxLogBytes = 64 * 1024 * 1024

export interface Terminal {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  stdout: { write(text: string): unknown; isTTY?: boolean }
  stderr: NodeJS.WriteStream
  env: NodeJS.ProcessEnv
}

type ExitCode = 0 | 1 | 2

export interface Outcome {
  analysis: Analysis
  full_text: string
  /** Lines of the log by number, as far as they are at hand. */
  lines: ReadonlyMap<number, string>
}

/** Runs the command. @returns its exit code */
export async function analyzeCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 2
  const command = analyzeProgram(async (file, options) => {
    exitCode = await analyze(file, options, terminal)
  })
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.stdout.write(text),
    writeErr: (text) => terminal.stderr.write(text),
  })
  try {
    await command.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    return thrown.exitCode === 0 ? 0 : 2
  }
}

/** @returns the exit code */
export async function analyze(
  file: string | undefined,
  options: AnalyzeOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    const log = await readLog(file, terminal)
    const outcome =
      options.url === undefined ? await analyzeHere(log, options, terminal) : await analyzeThere(log, options, terminal)
    terminal.stdout.write(shown(outcome, options, terminal))
    return outcome.analysis.status === 'no_failure_found' ? 0 : 1
  } catch (thrown) {
    terminal.stderr.write(`error: ${toAppError(thrown).message}\n`)
    return 2
  }
}

async function analyzeHere(log: Buffer, options: AnalyzeOptions, terminal: Terminal): Promise<Outcome> {
  const settings = readSettings(terminal.env)
  const model = options.model ? await openLocalModel(settings, terminal.stderr) : null
  const warn = (message: string) => void terminal.stderr.write(`warning: ${message}\n`)
  const embeddings = await Embeddings.open(settings, warn)
  const knowledge = new KnowledgeBase(null, { vectors: embeddings, onError: ({ message }) => warn(message) })
  try {
    await knowledge.ready()
    const { seed, maxTokens } = options
    const given = { ...(seed !== undefined && { seed }), ...(maxTokens !== undefined && { maxTokens }) }
    const analyzer = createLogAnalyzer({ ...model?.fields, ...given, knowledge })
    const reduced = analyzer.reduce({ log, logType: options.type })
    const progress = new StageLine(terminal.stderr)
    for await (const item of analyzer.events(reduced)) {
      if (item.type === 'stage') progress.stage(item.stage, item.counts)
      if (item.type === 'token') progress.token()
      if (item.type !== 'result') continue
      progress.end()
      if (item.error) warn(`no whole explanation: ${item.error.message}`)
      return { analysis: item.analysis, full_text: item.full_text, lines: packedLines(reduced.pack) }
    }
    throw new AppError('internal', 'the analysis ended without a result')
  } finally {
    await Promise.all([model?.close(), embeddings?.close()])
  }
}

async function analyzeThere(log: Buffer, options: AnalyzeOptions, terminal: Terminal): Promise<Outcome> {
  const progress = new StageLine(terminal.stderr)
  const key = options.key ?? terminal.env.API_KEY
  const result = await analyzeAtService(log, { ...options, url: options.url!, key }, progress)
  progress.end()
  return { ...result, lines: new Map() }
}

async function readLog(file: string | undefined, { stdin }: Terminal): Promise<Buffer> {
  if (file === undefined && stdin.isTTY)
    throw new AppError('invalid_request', 'give a FILE, or pipe a log into this command')
  const source = file === undefined || file === '-' ? stdin : (await openFile(file)).createReadStream()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    chunks.push(Buffer.from(chunk as Uint8Array))
    bytes += chunks.at(-1)!.length
    if (bytes > maxLogBytes)
      throw new AppError('body_too_large', `the log is larger than the ${maxLogBytes} bytes allowed`)
  }
  if (bytes === 0) throw new AppError('invalid_request', 'the log is empty')
  return Buffer.concat(chunks)
}

async function openFile(file: string) {
  try {
    return await open(file)
  } catch (cause) {
    throw new AppError('invalid_request', `can't read ${file}: ${(cause as Error).message}`, { cause })
  }
}

function shown({ analysis, full_text, lines }: Outcome, { json }: AnalyzeOptions, { stdout, env }: Terminal): string {
  if (json) return `${JSON.stringify(analysis, null, 2)}\n`
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0'
  const colors = !env.NO_COLOR && (forced || Boolean(stdout.isTTY))
  const split = full_text.indexOf('\n\n')
  return analysisView(analysis, { colors, lines, prose: split === -1 ? '' : full_text.slice(split + 2) })
}

/** The excerpt of the log, `number: text` a line, by numbers. */
function packedLines(pack: string): Map<number, string> {
  return new Map([...pack.matchAll(/^(\d+): (.*)$/gm)].map(([, number, text]) => [Number(number), text!]))
}

/** What is being done, in one line that the next replaces; nothing where stderr is no terminal. */
class StageLine {
  readonly #output: NodeJS.WriteStream
  #tokens = 0

  constructor(output: NodeJS.WriteStream) {
    this.#output = output
  }

  stage(name: string, counts: Record<string, number>): void {
    const said = Object.entries(counts).map(([what, count]) => `${what.replaceAll('_', ' ')} ${count}`)
    this.#show(`${name}: ${said.join(', ')}`)
  }

  token(): void {
    this.#show(`explaining: ${++this.#tokens} tokens`)
  }

  end(): void {
    this.#show('')
  }

  #show(text: string): void {
    if (this.#output.isTTY) this.#output.write(`\r\u001b[K${text.slice(0, (this.#output.columns || 80) - 1)}`)
  }
}
