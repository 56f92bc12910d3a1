// Weights to 8 bits: per output column for the integer products, per block of 32 for the embedding.

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
  /** `[rows, columns]` */
  values: Int8Array
  /** `[rows, columns / 32]` */
  scales: Float32Array
}

/** Symmetric in blocks of 32 along each row, whose length is a multiple of that. */
export function quantizeBlocks(weights: Float32Array): BlockQuantized {
  const values = new Int8Array(weights.length)
  const scales = new Float32Array(values.length / BLOCK)
  for (const [block] of scales.entries()) {
    const from = block * BLOCK
    let max = 0
    for (let i = from; i < from + BLOCK; i++) max = Math.max(max, Math.abs(weights[i]!))
    const scale = max / 127 || 1
    scales[block] = scale
    for (let i = from; i < from + BLOCK; i++) values[i] = Math.round(weights[i]! / scale)
  }
  return { values, scales }
}
