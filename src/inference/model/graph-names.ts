// The graph's inputs and outputs, as its builder and its users call them.
//
//   ids             int32 [rows]     token ids, rows = batch * seq
//   attention_shape int64 [3]        batch, seq, width of q, k and v together (-1 where they are apart)
//   last_positions  int32 [batch]    position of each sequence's last token of this pass
//   longest         int32 [1]        the largest of them + 1
//   logit_rows      int32 [logits]   which rows' logits are wanted
//   zero_points     uint8 [rows, 1]  int8 only: filled with 128
//   past.N.key, past.N.value         [batch, kvHeads, capacity, headDim]; present.N.* is the same memory. int8 in the
//                                    graph for steps of an int8 model, else float32
//   stop                             an empty list, the first output: see runInPlace in graph-pass.ts
//   logits          float32 [logits, vocabulary]
//   maxima.*        float32          with taps only: the largest activation of every channel
//
// The graph for prompts of an int8 model takes rows of steps, at least one, and behind them rows of one prompt:
//   prompt_row      int64 [1]        where the prompt's begin
//   prompt_shape    int64 [3]        1, rows of the prompt, -1
//   prompt_last     int32 [1]        position of its last row
//   prompt_longest  int32 [1]        that + 1
//   first_position  int64 [1]        position of its first row
//   past.prompt.N.*                  float32 [1, kvHeads, capacity, headDim]: the copy of its rows; present.prompt.N.*
//   rows.N.key, rows.N.value         int8 [1, rows, kvHeads * headDim]: what belongs into the cache

import type { ActivationMaxima, LayerMaxima } from './smoothing.ts'

/** The places of a layer whose activations calibration watches through outputs of their own. */
export const TAPS = ['attention', 'inner', 'down'] as const satisfies (keyof LayerMaxima)[]
export type Tap = (typeof TAPS)[number]

/** All that calibration measures; the cache it sees as it is. */
export const MEASURED = [...TAPS, 'key', 'value'] as const satisfies (keyof LayerMaxima)[]

export const tapName = (layer: number, tap: keyof LayerMaxima) => `maxima.${layer}.${tap}`

/** The input of the last projection. */
export const HEAD_TAP = 'maxima.head'

export const rowsName = (layer: number, part: 'key' | 'value') => `rows.${layer}.${part}`

/** `prompt`: of the copy that a prompt is read in. */
export const cacheName = (
  kind: 'past' | 'present',
  layer: number,
  part: 'key' | 'value',
  owner: 'slots' | 'prompt' = 'slots',
) => (owner === 'slots' ? `${kind}.${layer}.${part}` : `${kind}.prompt.${layer}.${part}`)

/** How the products are computed. `taps` adds the maxima that calibration reads as outputs. */
export type GraphPlan =
  | { precision: 'float32'; taps: boolean }
  | { precision: 'int8'; weightLimit: 127 | 63; maxima: ActivationMaxima }
