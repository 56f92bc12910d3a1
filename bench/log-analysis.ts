// Log analyses one after the other, with the prompts that /workflows/analyze-log makes of the fixtures, with drafting on
// and off, and the same prompts on llama-server. They quote their log: that is where guessing ahead pays.

import { readFileSync } from 'node:fs'
import { readStream, type Server, ttftMs } from '../src/cli/load/http-stream.ts'
import { median } from '../src/cli/load/statistics.ts'
import { analysisPrompt, promptVariables } from '../src/llm/analysis-prompt.ts'
import { reduceLog } from '../src/logs/reduce-log.ts'
import { logBudgetTokens } from '../src/logs/token-budget.ts'
import { resolveModel, tokenizerFilesOf } from '../src/tokenizer/model-files.ts'
import { PromptEncoder } from '../src/tokenizer/prompt-encoder.ts'
import { Tokenizer } from '../src/tokenizer/tokenizer.ts'
import { type Report, ratio } from './report.ts'
import { startMeasuredService } from './running-service.ts'

const logs = ['github-tsc', 'pytest', 'maven', 'kubernetes', 'gcc-make']
const contextTokens = 2048
const maxTokens = 192
/** Those of an analysis by default. */
const sampling = { temperature: 0.2, top_p: 0.9, seed: 1 }

interface Figures {
  tokensPerSecond: number
  ttftP50Ms: number
}

export async function benchLogAnalysis(
  report: Report,
  { dataDir, llama }: { dataDir: string; llama: Server | null },
): Promise<void> {
  const prompts = await analysisPrompts(dataDir)
  const drafting = await withService({ DATA_DIR: dataDir, ENGINE_DRAFTING: 'on' }, (own) => analyze(own, prompts))
  const plain = await withService({ DATA_DIR: dataDir, ENGINE_DRAFTING: 'off' }, (own) => analyze(own, prompts))
  const theirs = llama && (await analyze(llama, prompts))
  const row = (name: string, figures: Figures) => [
    name,
    Math.round(figures.tokensPerSecond),
    ratio(figures.tokensPerSecond, theirs?.tokensPerSecond),
    Math.round(figures.ttftP50Ms),
    ratio(figures.ttftP50Ms, theirs?.ttftP50Ms),
  ]
  report.table(
    `Log analyses one at a time (${logs.length} logs, up to ${maxTokens} tokens each), beside llama-server on the same prompts:`,
    ['ENGINE_DRAFTING', 'tok/s', 'to llama-server', 'TTFT p50 ms', 'to llama-server'],
    [row('on', drafting), row('off', plain)],
  )
  const rate = drafting.tokensPerSecond
  const claim = (what: string, value: number, atLeast: number) =>
    report.claim({ what: `log analysis with drafting, tok/s ${what}`, value, unit: 'x', limit: { atLeast } })
  if (theirs) claim('to llama-server', rate / theirs.tokensPerSecond, 1.5)
  claim('to the same without drafting', rate / plain.tokensPerSecond, 1)
}

async function withService<Value>(env: NodeJS.ProcessEnv, use: (server: Server) => Promise<Value>): Promise<Value> {
  const service = await startMeasuredService(env)
  try {
    return await use(service.server)
  } finally {
    await service.stop()
  }
}

/** As the API and the analyzer make them, with the model's chat template. */
async function analysisPrompts(dataDir: string): Promise<string[]> {
  const encoder = new PromptEncoder(Tokenizer.load(tokenizerFilesOf(await resolveModel(null, dataDir))))
  const countTokens = (text: string) => encoder.tokenizer.encodePlain(text).length
  const budgetTokens = logBudgetTokens(contextTokens, maxTokens)
  return Promise.all(
    logs.map(async (name) => {
      const log = readFileSync(new URL(`../test/fixtures/logs/${name}.log`, import.meta.url))
      const reduced = reduceLog(log, { logType: 'auto', budgetTokens, countTokens })
      const messages = await analysisPrompt.formatMessages(
        promptVariables({ reduced, statement: reduced.diagnosis.summary, background: '', fix: '' }),
      )
      return encoder.template.render(
        messages.map((message) => ({
          role:
            message.type === 'system'
              ? ('system' as const)
              : message.type === 'ai'
                ? ('assistant' as const)
                : ('user' as const),
          content: message.text,
        })),
      )
    }),
  )
}

async function analyze(server: Server, prompts: string[]): Promise<Figures> {
  await readStream(server, { prompt: 'Hello', maxTokens: 8 })
  const times: number[] = []
  let tokens = 0
  const startedAt = performance.now()
  for (const prompt of prompts) {
    const answer = await readStream(server, { prompt, maxTokens, sampling })
    tokens += answer.tokens
    times.push(ttftMs(answer))
  }
  return { tokensPerSecond: (tokens / (performance.now() - startedAt)) * 1000, ttftP50Ms: median(times) }
}
