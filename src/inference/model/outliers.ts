// Outlier channels in parts (outlier channel splitting, arXiv:1901.09504). A row's scale is set by its largest channel, so
// a channel that is often the largest is cut into equal parts, each read by the same weights as the whole: all others
// get finer steps.

/** Which channel each part comes from, and in how many parts each channel is: `[parts]` and `[channels]`. */
export interface Parts {
  sources: Int32Array
  counts: Float32Array
}

/** @param maxima the largest activation of every channel; `extra` more parts than channels come out */
export function splitOutliers(maxima: Float32Array, extra: number): Parts {
  const counts = new Float32Array(maxima.length).fill(1)
  for (let i = 0; i < extra; i++) {
    let largest = 0
    for (const [channel, max] of maxima.entries()) {
      if (max / counts[channel]! > maxima[largest]! / counts[largest]!) largest = channel
    }
    counts[largest]! += 1
  }
  const sources = Int32Array.from([...counts].flatMap((count, channel) => Array<number>(count).fill(channel)))
  return { sources, counts }
}

/** The columns of `[outputs, channels]` weights, for the parts that read them. */
export function columnsOfParts(weights: Float32Array, { sources, counts }: Parts): Float32Array {
  const outputs = weights.length / counts.length
  const columns = new Float32Array(outputs * sources.length)
  for (let output = 0, at = 0; output < outputs; output++) {
    for (const source of sources) columns[at++] = weights[output * counts.length + source]!
  }
  return columns
}
