// The chain that asks the model: a reduced log with its findings in, the model's words out, streamed.

import type { BaseLLM } from '@langchain/core/language_models/llms'
import { StringOutputParser } from '@langchain/core/output_parsers'
import { type Runnable, RunnableLambda, RunnableSequence } from '@langchain/core/runnables'
import { analysisPrompt, type PromptInput, promptVariables } from './analysis-prompt.ts'

/** @param llm called exactly once for each input */
export function explainer(llm: BaseLLM): Runnable<PromptInput, string> {
  return RunnableSequence.from<PromptInput, string>(
    [RunnableLambda.from(promptVariables), analysisPrompt, llm, new StringOutputParser()],
    'ExplainFailure',
  )
}
