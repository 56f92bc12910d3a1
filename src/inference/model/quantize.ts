// Weights to 8 bits: per output column for the integer products, per block of 32 for the embedding and the last layer.

/** `[rows, columns]` weights, one row an output (Hugging Face's order), as the integer product takes them. */
export interface ColumnQuantized {
  /** `[columns, rows]`: transposed. */
  values: Int8Array
  /** `[rows]` */
  scales: Float32Array
}

/** Symmetric, `limit` is 127 for 8 bits. `columnFactors` are multiplied in first (SmoothQuant). */
export function quantizeColumns(
  weights: Float32Array,
  rows: number,
  columns: number,
  limit: number,
  columnFactors: Float32Array | null,
): ColumnQuantized {
  const values = new Int8Array(rows * columns)
  const scales = new Float32Array(rows)
  const row = new Float32Array(columns)
  for (let r = 0; r < rows; r++) {
    let max = 0
    for (let c = 0; c < columns; c++) {
      row[c] = weights[r * columns + c]! * (columnFactors?.[c] ?? 1)
      max = Math.max(max, Math.abs(row[c]!))
    }
    const scale = max / limit || 1
    scales[r] = scale
    for (let c = 0; c < columns; c++) values[c * rows + r] = Math.round(row[c]! / scale)
  }
  return { values, scales }
}

export const BLOCK = 32

export interface BlockQuantized {
  /** `[rows, padded columns]`, 128 stands for zero. */
  values: Uint8Array
  /** `[rows, blocks]` */
  scales: Float32Array
  blocks: number
}

/** Symmetric in blocks of 32 along each row, the last block filled with zeros. */
export function quantizeBlocks(weights: Float32Array, rows: number, columns: number): BlockQuantized {
  const blocks = Math.ceil(columns / BLOCK)
  const values = new Uint8Array(rows * blocks * BLOCK).fill(128)
  const scales = new Float32Array(rows * blocks)
  for (let r = 0; r < rows; r++) {
    for (let b = 0; b < blocks; b++) {
      const from = r * columns + b * BLOCK
      const until = Math.min(from + BLOCK, (r + 1) * columns)
      let max = 0
      for (let i = from; i < until; i++) max = Math.max(max, Math.abs(weights[i]!))
      const scale = max / 127 || 1
      scales[r * blocks + b] = scale
      const to = (r * blocks + b) * BLOCK
      for (let i = from; i < until; i++) values[to + i - from] = Math.round(weights[i]! / scale) + 128
    }
  }
  return { values, scales, blocks }
}
