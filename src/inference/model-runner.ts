// What the engine needs of a model: one forward pass over a batch of slots, with the KV cache inside.
// The scheduler above never sees a tensor; a runner below never sees a request.

export interface ModelShape {
  layers: number
  kvHeads: number
  headDim: number
  vocabSize: number
  /** Sequences that the KV cache holds at once. */
  slots: number
  /** Tokens one slot can hold: prompt and generated together. */
  maxContext: number
}

/** One sequence's part of a forward pass. */
export interface BatchRow {
  /** Token ids to run, at least one. Rows of one batch may differ in length; the runner pads. */
  tokens: ArrayLike<number>
  /** Rows of KV cache this slot already holds and that these tokens attend to. Their keys and values are appended. */
  past: number
  /** For how many of the last tokens the logits are wanted; 0 while a prompt is only being read. */
  logits: number
  /**
   * Several tokens whose results are to be the same bits as if they ran one by one. Otherwise they may run in another
   * way, which is faster for many and rounds differently.
   */
  stepwise?: boolean
}

export interface ForwardBatch {
  /** `rows[i]` is slot `firstSlot + i`: a batch is a contiguous run of slots, so that it is a view of the cache. */
  firstSlot: number
  rows: BatchRow[]
}

export interface ModelRunner {
  readonly shape: ModelShape
  /** Whether `stepwise` rows keep their word to the last bit, however long; else only nearly. */
  readonly exactRuns: boolean
  /**
   * Runs the batch, appends its keys and values to the slots, and returns the logits asked for, in row order:
   * `[sum of rows' logits, vocabSize]`, valid until the next call. Rows beyond `past` of a slot are overwritten,
   * so a caller rolls back by passing a smaller `past`. Never called again before its promise has settled.
   */
  forward(batch: ForwardBatch): Promise<Float32Array>
  /** Copies the first `length` rows of one slot's KV cache over another's: compaction and prefix reuse. */
  copySlot(from: number, to: number, length: number): void
  close(): Promise<void>
}
