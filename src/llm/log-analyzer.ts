// The analyzer as a Runnable: a reduced log in, the model's explanation out, streamed. The structured result is not
// the model's and does not pass here.

import type { BaseLLM } from '@langchain/core/language_models/llms'
import { StringOutputParser } from '@langchain/core/output_parsers'
import { type Runnable, RunnableLambda, RunnableSequence } from '@langchain/core/runnables'
import type { ReducedLog } from '../logs/reduced-log.ts'
import { analysisPrompt, promptVariables } from './analysis-prompt.ts'

interface LogAnalyzerFields {
  /** Called exactly once for each log. */
  llm: BaseLLM
}

export function createLogAnalyzer({ llm }: LogAnalyzerFields): Runnable<ReducedLog, string> {
  return RunnableSequence.from<ReducedLog, string>(
    [RunnableLambda.from(promptVariables), analysisPrompt, llm, new StringOutputParser()],
    'LogAnalyzer',
  )
}
