// The tiny encoder behind a line of its own, in this process.

import { join } from 'node:path'
import { Embeddings } from '../../src/embedding/embeddings.ts'
import { Encoder } from '../../src/embedding/encoder.ts'
import { resolveEncoder } from '../../src/tokenizer/model-files.ts'
import { temporaryFolder } from '../inference/model/tiny-models.ts'
import { type TinyFolder, writeTinyEncoder } from './tiny-encoder.ts'

/** Closing removes its folder. */
export async function openTinyEmbeddings(options: TinyFolder = {}): Promise<Embeddings> {
  const folder = temporaryFolder()
  const path = writeTinyEncoder(join(folder.path, 'tiny'), options)
  const encoder = await Encoder.open(await resolveEncoder(path, folder.path))
  return new Embeddings({
    info: encoder.info,
    tokenize: async (texts) => encoder.tokenize(texts),
    encode: (texts) => encoder.encode(texts),
    close: async () => {
      await encoder.close()
      folder.remove()
    },
  })
}
