// An onnxruntime session over a graph on disk. What can't be loaded is a `bad_model` that says what to do about it.

import { InferenceSession } from 'onnxruntime-node'
import { AppError } from '../../errors.ts'

export interface SessionOptions {
  threads: number
  /**
   * One that we built, or one that came with the model. In ours the shapes of a run come again, so memory is planned once
   * for each set of them; and rounding stays where we put it: the optimizer would repeat it around each reshape.
   */
  graph: 'built' | 'exported'
}

/**
 * The attention kernel's blockwise way is slower here, and rounds differently for one token and for several
 * (docs/decisions/0005). onnxruntime reads this when a session is made.
 */
const PLAIN_ATTENTION = 'ORT_GQA_DISABLE_FLASH_ATTENTION'

/**
 * A thread that waits for the next node finds it within microseconds: sleeping at once costs up to half of the speed, and
 * spinning for long takes the cores from the processes that share them.
 */
const SPINNING = { allow_spinning: '1', spin_duration_us: '50' }

export async function openSession(path: string, { threads, graph }: SessionOptions): Promise<InferenceSession> {
  process.env[PLAIN_ATTENTION] = '1'
  const ours = graph === 'built'
  try {
    return await InferenceSession.create(path, {
      intraOpNumThreads: threads,
      enableMemPattern: ours,
      // Whatever it would print as an error it also throws.
      logSeverityLevel: 4,
      extra: { session: { disable_quant_qdq: ours ? '1' : '0', intra_op: SPINNING } },
    })
  } catch (cause) {
    const message = (cause as Error).message
    const advice = REASONS.find(([pattern]) => pattern.test(message))?.[1]
    const reason = advice ? `${advice} (${message})` : message
    throw new AppError('bad_model', `${path} can't be loaded: ${reason}`, { field: path, cause })
  }
}

/** onnxruntime's words, and what they mean to someone who has fetched a model. */
const REASONS: readonly [RegExp, string][] = [
  [
    /external data|External initializer|_data|weights\.bin/i,
    'the file with its weights, which belongs beside it, is missing or cut short; fetch it again',
  ],
  [/protobuf|INVALID_PROTOBUF|ModelProto/i, 'it is cut short, damaged or no ONNX file; fetch it again'],
  [
    /NOT_IMPLEMENTED|Could not find an implementation|not a registered function/i,
    'it needs an operator that this runtime has no kernel for on a CPU; take an export in float32 or with 8-bit weights',
  ],
  [/opset|ir.?version/i, 'it was exported for a newer runtime; take an export with an older opset'],
]
