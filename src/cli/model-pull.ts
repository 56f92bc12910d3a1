// Fetches a model from the hub into DATA_DIR/models/ID. Files arrive in a folder of their own, which gets its name when
// all of them are complete and checked; what an interrupted pull has fetched stays there, and the next one goes on.

import { createHash } from 'node:crypto'
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { makeDataFolder } from '../data-folder.ts'
import { AppError } from '../errors.ts'
import { checksumsName, sha256 } from '../tokenizer/checksums.ts'
import { readConfig } from '../tokenizer/model-config.ts'
import { pulledFolder } from '../tokenizer/model-files.ts'
import type { HubFile, HubModel, ModelHub } from './model-hub.ts'

export interface PullOptions {
  id: string
  /** A branch, tag or commit. */
  revision: string
  /** The GGUF or ONNX file to take, where a repository has several; null: the usual one. */
  file: string | null
  /** For EMBEDDING_MODEL: an ONNX export instead of weights. */
  embedding: boolean
  dataDir: string
  onProgress: (progress: { stage: string; done: number; total: number }) => void
}

export interface Pulled {
  folder: string
  commit: string
  /** It was there already. */
  unchanged: boolean
}

const SMALL = ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const
const OPTIONAL = ['generation_config.json'] as const
/** What says how an embedding model's vectors are made. */
const OF_ENCODERS = [
  ...['modules.json', 'sentence_bert_config.json', 'config_sentence_transformers.json', '1_Pooling/config.json'],
]
const EXPORTS = ['onnx/model.onnx', 'model.onnx'] as const
const SOURCE_FILE = 'source.json'
const ATTEMPTS = 3

const sourceSchema = z.object({
  id: z.string(),
  commit: z.string(),
  file: z.string().nullable(),
  embedding: z.boolean().default(false),
})

/** Where a pulled model came from; null for a folder that was put there by hand. */
export function sourceOf(folder: string): z.infer<typeof sourceSchema> | null {
  const path = join(folder, SOURCE_FILE)
  if (!existsSync(path)) return null
  const parsed = sourceSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  return parsed.success ? parsed.data : null
}

/** Throws `bad_model` for a model that isn't there, is gated or can't be run, `unavailable` when the connection fails. */
export async function pullModel(hub: ModelHub, options: PullOptions): Promise<Pulled> {
  const { id, revision, file, embedding, dataDir } = options
  if (!/^[\w.-]+\/[\w.-]+$/.test(id) || id.includes('..')) {
    throw new AppError('bad_model', `"${id}" is no model id: give OWNER/NAME as the hub shows it`)
  }
  const model = await hub.model(id, revision)
  const folder = pulledFolder(dataDir, id)
  const source = { id, commit: model.commit, file, embedding }
  if (JSON.stringify(sourceOf(folder)) === JSON.stringify(source)) {
    return { folder, commit: model.commit, unchanged: true }
  }
  makeDataFolder(dataDir)
  const partial = join(dataDir, 'models', '.partial', `${id.replace('/', '--')}@${model.commit}`)
  mkdirSync(partial, { recursive: true })
  await new Pull(hub, model, partial, options).run()
  writeFileSync(join(partial, SOURCE_FILE), JSON.stringify(source))
  mkdirSync(dirname(folder), { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  renameSync(partial, folder)
  return { folder, commit: model.commit, unchanged: false }
}

class Pull {
  readonly #hub: ModelHub
  readonly #model: HubModel
  readonly #folder: string
  readonly #options: PullOptions
  #total = 0
  #finished = 0

  constructor(hub: ModelHub, model: HubModel, folder: string, options: PullOptions) {
    this.#hub = hub
    this.#model = model
    this.#folder = folder
    this.#options = options
  }

  async run(): Promise<void> {
    const { embedding } = this.#options
    const optional = embedding ? OF_ENCODERS : OPTIONAL
    const small = [...SMALL.map((name) => this.#required(name)), ...optional.flatMap((name) => this.#find(name) ?? [])]
    // First the config: nobody should wait for gigabytes of a model that can't be run.
    for (const file of small) await this.#fetch(file)
    if (!embedding) readConfig(join(this.#folder, 'config.json'))
    const weights = embedding ? this.#export() : await this.#weights()
    const all = [...small, ...weights]
    this.#finished = 0
    this.#total = all.reduce((sum, file) => sum + file.bytes, 0)
    const lines: string[] = []
    for (const file of all) {
      await this.#fetch(file)
      lines.push(`${await sha256(join(this.#folder, file.name))}  ${file.name}\n`)
    }
    writeFileSync(join(this.#folder, checksumsName), lines.join(''))
  }

  /** The graph, and the files of weights that go by its name. */
  #export(): HubFile[] {
    const graph = this.#options.file ?? EXPORTS.find((name) => this.#find(name))
    if (graph !== undefined) {
      const parts = this.#model.files.filter(({ name }) => name.startsWith(`${graph}_data`))
      return [graph, ...parts.map(({ name }) => name)].map((name) => this.#required(name))
    }
    const { id } = this.#model
    throw new AppError('bad_model', `${id} has no ONNX export (${EXPORTS.join(', ')}), which an embedding model needs`)
  }

  async #weights(): Promise<HubFile[]> {
    const { file } = this.#options
    if (file !== null) return [this.#required(file)]
    const index = this.#find('model.safetensors.index.json')
    if (index) {
      await this.#fetch(index)
      const { weight_map } = JSON.parse(readFileSync(join(this.#folder, index.name), 'utf8'))
      return [index, ...[...new Set(Object.values<string>(weight_map))].map((name) => this.#required(name))]
    }
    const single = this.#find('model.safetensors')
    if (single) return [single]
    const ggufs = this.#model.files.filter(({ name }) => name.endsWith('.gguf'))
    if (ggufs.length === 1) return ggufs
    const { id } = this.#model
    if (ggufs.length === 0) throw new AppError('bad_model', `${id} has neither safetensors nor GGUF weights`)
    throw new AppError(
      'bad_model',
      `${id} has several GGUF files; choose with --file: ${ggufs.map((f) => f.name).join(', ')}`,
    )
  }

  #find(name: string): HubFile | undefined {
    return this.#model.files.find((file) => file.name === name)
  }

  #required(name: string): HubFile {
    const file = this.#find(name)
    if (file && staysInside(name)) return file
    throw new AppError('bad_model', `${this.#model.id} has no ${name}, which is needed to run it`)
  }

  /** Fetches what is missing of a file and checks it. A connection that breaks is taken up again where it broke. */
  async #fetch(file: HubFile): Promise<void> {
    const path = join(this.#folder, file.name)
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true })
      const partial = `${path}.partial`
      for (let attempt = 1; sizeOf(partial) !== file.bytes; attempt++) await this.#append(file, partial, attempt)
      await this.#verify(file, partial)
      renameSync(partial, path)
    }
    this.#finished += file.bytes
    this.#report(file, 0)
  }

  async #append(file: HubFile, partial: string, attempt: number): Promise<void> {
    const start = sizeOf(partial) > file.bytes ? 0 : sizeOf(partial)
    let problem: Error | null = null
    try {
      const { from, body } = await this.#hub.download(this.#model, file.name, start)
      let done = from
      const counted = async function* (chunks: AsyncIterable<Uint8Array>, report: (done: number) => void) {
        for await (const chunk of chunks) {
          done += chunk.length
          report(done)
          yield chunk
        }
      }
      const chunks = counted(body, (bytes) => this.#report(file, bytes))
      await pipeline(Readable.from(chunks), createWriteStream(partial, { flags: from === 0 ? 'w' : 'a' }))
    } catch (thrown) {
      if (thrown instanceof AppError || (thrown as NodeJS.ErrnoException).code === 'ENOSPC') throw thrown
      problem = thrown as Error
    }
    const have = sizeOf(partial)
    if (have === file.bytes || attempt < ATTEMPTS) return
    throw new AppError(
      'unavailable',
      `${file.name} broke off at ${have} of ${file.bytes} bytes; run the same command again, and it goes on from there`,
      { cause: problem },
    )
  }

  async #verify(file: HubFile, partial: string): Promise<void> {
    const [wanted, found] =
      file.sha256 !== null ? [file.sha256, await sha256(partial)] : [file.gitSha1, gitSha1(readFileSync(partial))]
    if (wanted === null || wanted === found) return
    rmSync(partial)
    throw new AppError(
      'bad_model',
      `${file.name} arrived damaged: its checksum is ${found}, not ${wanted}. It was removed; pull again`,
    )
  }

  #report(file: HubFile, bytes: number): void {
    if (this.#total === 0) return
    this.#options.onProgress({ stage: file.name, done: this.#finished + bytes, total: this.#total })
  }
}

/** Names come from the hub: none may lead out of the model's folder. */
function staysInside(name: string): boolean {
  return name.split('/').every((part) => !/^\.{0,2}$|\\/.test(part))
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** As `git hash-object` computes it. */
function gitSha1(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}
