// The configured model, loaded for this command alone: an engine process without a queue.

import { ProcessEngine } from '../inference/process-engine.ts'
import type { LogAnalyzerFields } from '../llm/log-analyzer.ts'
import type { Settings } from '../settings.ts'
import { resolveModel, tokenizerFilesOf } from '../tokenizer/model-files.ts'
import { Tokenizer } from '../tokenizer/tokenizer.ts'
import { EngineSequences } from '../worker/engine-sequences.ts'
import { ownEngineTransport } from '../worker/own-engine-transport.ts'
import { ProgressDisplay } from '../worker/progress-display.ts'

export interface LocalModel {
  /** What an analyzer needs of it. */
  fields: Required<Pick<LogAnalyzerFields, 'transport' | 'model' | 'contextTokens' | 'countTokens'>>
  close(): Promise<void>
}

type ModelSettings = Pick<Settings, 'model' | 'modelPrecision' | 'engineThreads' | 'engineMaxContext' | 'dataDir'>

/** Shows on `output` how far it has come. @throws AppError `bad_model` or `bad_setting` */
export async function openLocalModel(settings: ModelSettings, output: NodeJS.WriteStream): Promise<LocalModel> {
  const progress = new ProgressDisplay(output)
  const files = await resolveModel(settings.model ?? undefined, settings.dataDir)
  const tokenizer = Tokenizer.load(tokenizerFilesOf(files))
  const engine = await ProcessEngine.start({
    settings: {
      model: settings.model ?? '',
      precision: settings.modelPrecision,
      slots: 1,
      threads: settings.engineThreads,
      maxContext: settings.engineMaxContext,
      dataDir: settings.dataDir,
    },
    onProgress: (step) => progress.show(step),
  }).finally(() => progress.end())
  return {
    fields: {
      transport: ownEngineTransport(new EngineSequences(engine)),
      model: engine.info.model,
      contextTokens: engine.info.maxContext,
      countTokens: (text) => tokenizer.encodePlain(text).length,
    },
    close: () => engine.close(),
  }
}
