import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ModelHub } from '../../src/cli/model-hub.ts'
import { pullModel } from '../../src/cli/model-pull.ts'
import { Encoder } from '../../src/embedding/encoder.ts'
import { buildGraph } from '../../src/inference/model/open-model.ts'
import { resolveEncoder, resolveModel } from '../../src/tokenizer/model-files.ts'
import { writeTinyEncoder } from '../embedding/tiny-encoder.ts'
import { temporaryFolder, tinyModel, writeSafetensors } from '../inference/model/tiny-models.ts'

const COMMIT = 'c0ffee'.padEnd(40, '0')
const ID = 'owner/tiny'

/** A hub that holds the files of one folder; `faults` change how it answers. */
class FakeHub {
  readonly requests: string[] = []
  readonly files: Map<string, Buffer>
  /** Breaks the connection after so many bytes of the weights, as often as the list is long. */
  breakAfter: number[] = []
  /** Answers every request like this. */
  refuse: { status: number; code?: string } | null = null
  /** Sends other bytes than it lists. */
  corrupt: string | null = null
  readonly #server: Server

  constructor(folder: string) {
    const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
    const paths = files.map(({ parentPath, name }) => join(parentPath, name))
    this.files = new Map(paths.map((path) => [relative(folder, path), readFileSync(path)]))
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((done) => this.#server.close(() => done()))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { range, authorization } = request.headers
    this.requests.push(`${request.url}${range ? ` ${range}` : ''}${authorization ? ` ${authorization}` : ''}`)
    if (this.refuse) {
      const { status, code } = this.refuse
      response.writeHead(status, code ? { 'x-error-code': code } : {}).end()
      return
    }
    const path = request.url!.split('?')[0]!
    if (path === `/api/models/${ID}/revision/main`) {
      this.#list(response)
      return
    }
    const name = path.replace(`/${ID}/resolve/${COMMIT}/`, '')
    const content = this.files.get(name)
    if (!content) {
      response.writeHead(404).end()
      return
    }
    this.#send(name, content, Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0), response)
  }

  #send(name: string, content: Buffer, from: number, response: ServerResponse): void {
    const bytes = Buffer.from(content)
    if (name === this.corrupt) bytes[0]! ^= 1
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from })
    const limit = name === 'model.safetensors' ? this.breakAfter.shift() : undefined
    if (limit === undefined) response.end(bytes.subarray(from))
    else response.write(bytes.subarray(from, from + limit), () => setTimeout(() => response.destroy(), 20))
  }

  #list(response: ServerResponse): void {
    const siblings = [...this.files].map(([rfilename, content]) => {
      const large = rfilename.endsWith('.safetensors')
      const sha256 = createHash('sha256').update(content).digest('hex')
      const blobId = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
      return { rfilename, size: content.length, ...(large ? { lfs: { sha256, size: content.length } } : { blobId }) }
    })
    response.end(JSON.stringify({ id: ID, sha: COMMIT, siblings }))
  }
}

let folder: ReturnType<typeof temporaryFolder>
let server: FakeHub
let endpoint: string
let progress: { done: number; total: number }[]
beforeEach(async () => {
  folder = temporaryFolder()
  const published = join(folder.path, 'published')
  writeSafetensors(published, tinyModel('LlamaForCausalLM'))
  server = new FakeHub(published)
  endpoint = await server.listen()
  progress = []
})
afterEach(async () => {
  await server.close()
  folder.remove()
})

interface Changes {
  id?: string
  revision?: string
  file?: string
  embedding?: boolean
  token?: string
  endpoint?: string
}

function pull(changes: Changes = {}) {
  const hub = new ModelHub({ endpoint: changes.endpoint ?? endpoint, token: changes.token ?? null })
  const { id = ID, revision = 'main', file = null, embedding = false } = changes
  return pullModel(hub, {
    id,
    revision,
    file,
    embedding,
    dataDir: folder.path,
    onProgress: (event) => progress.push(event),
  })
}

const weightRequests = () => server.requests.filter((request) => request.includes('safetensors'))

describe('pulling a model', () => {
  it('fetches what it needs, and the model runs under its id', async () => {
    const pulled = await pull()
    expect(pulled).toMatchObject({ commit: COMMIT, unchanged: false, folder: join(folder.path, 'models', ID) })
    expect(progress.at(-1)).toMatchObject({ done: progress.at(-1)!.total })
    const files = await resolveModel(ID, folder.path)
    expect(readFileSync(files.checksumsPath!, 'utf8').split('\n')).toHaveLength(5)
    await expect(buildGraph(files, { precision: 'int8', dataDir: folder.path })).resolves.toBeDefined()
  })

  it('fetches the export of an embedding model, and what says how its vectors are made', async () => {
    await server.close()
    server = new FakeHub(writeTinyEncoder(join(folder.path, 'encoder')))
    endpoint = await server.listen()
    server.files.set('pytorch_model.bin', Buffer.from('not needed'))
    await pull({ embedding: true })
    const files = await resolveEncoder(ID, folder.path)
    const encoder = await Encoder.open(files)
    expect(encoder.info).toMatchObject({ model: 'tiny', dimensions: 24, pooling: 'mean' })
    await encoder.close()
    expect(existsSync(join(files.folder, 'pytorch_model.bin'))).toBe(false)
    writeFileSync(join(files.folder, 'onnx/model.onnx'), 'another')
    await expect(Encoder.open(files)).rejects.toThrow(/model\.onnx is damaged: its sha256 is/)
  })

  it('says that a model has no export', async () => {
    await expect(pull({ embedding: true })).rejects.toThrow(/owner\/tiny has no ONNX export \(onnx\/model\.onnx/)
  })

  it('takes no name from the hub that leads out of its folder', async () => {
    const index = { weight_map: { a: '../../outside.safetensors' } }
    server.files.set('model.safetensors.index.json', Buffer.from(JSON.stringify(index)))
    server.files.set('../../outside.safetensors', Buffer.from('x'))
    await expect(pull()).rejects.toThrow(/has no \.\.\/\.\.\/outside\.safetensors/)
  })

  it('fetches nothing when it is up to date', async () => {
    await pull()
    server.requests.length = 0
    expect(await pull()).toMatchObject({ unchanged: true })
    expect(server.requests).toHaveLength(1)
  })

  it('goes on where a connection broke', async () => {
    server.breakAfter = [1000]
    await pull()
    expect(weightRequests()).toEqual([expect.not.stringContaining('bytes='), expect.stringContaining('bytes=1000-')])
  })

  it('goes on in the next run after it gave up, and is no model until then', async () => {
    server.breakAfter = [1000, 1000, 1000]
    await expect(pull()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/model\.safetensors broke off at 3000 of \d+ bytes; run the same command again/),
    })
    await expect(resolveModel(ID, folder.path)).rejects.toThrow(/no model/)
    await pull()
    expect(weightRequests().at(-1)).toContain('bytes=3000-')
    await expect(resolveModel(ID, folder.path)).resolves.toBeDefined()
  })

  it.each(['model.safetensors', 'tokenizer.json'])('refuses a damaged %s and fetches it anew', async (name) => {
    server.corrupt = name
    await expect(pull()).rejects.toMatchObject({ code: 'bad_model', message: expect.stringMatching(/arrived damaged/) })
    server.corrupt = null
    await expect(pull()).resolves.toMatchObject({ unchanged: false })
  })

  it('sends the token', async () => {
    await pull({ token: 'hf_x' })
    expect(server.requests.every((request) => request.endsWith('Bearer hf_x'))).toBe(true)
  })

  it('refuses an architecture that cannot be run before it fetches the weights', async () => {
    const config = JSON.parse(server.files.get('config.json')!.toString())
    server.files.set('config.json', Buffer.from(JSON.stringify({ ...config, architectures: ['MambaForCausalLM'] })))
    await expect(pull()).rejects.toThrow(/architectures is "MambaForCausalLM"; allowed: /)
    expect(weightRequests()).toEqual([])
  })

  it.each([
    [{ status: 401, code: 'RepoNotFound' }, 'bad_model', /there is no model owner\/tiny at .*or it is private/],
    [{ status: 404, code: 'RevisionNotFound' }, 'bad_model', /owner\/tiny has no revision main/],
    [{ status: 403, code: 'GatedRepo' }, 'bad_model', /owner\/tiny is gated: it needs HF_TOKEN\. Accept/],
    [{ status: 503 }, 'unavailable', /answered 503 for owner\/tiny; try again later/],
  ])('says so in one line when the hub answers %j', async (refuse, code, message) => {
    server.refuse = refuse
    await expect(pull()).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('says that the hub cannot be reached', async () => {
    const offline = pull({ endpoint: 'http://127.0.0.1:9' })
    await expect(offline).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/can't be reached/),
    })
  })

  it('names what a repository lacks', async () => {
    server.files.delete('tokenizer.json')
    await expect(pull()).rejects.toThrow(/owner\/tiny has no tokenizer\.json/)
    expect(existsSync(join(folder.path, 'models', 'owner'))).toBe(false)
  })

  it('asks which of several GGUF files is meant', async () => {
    server.files.delete('model.safetensors')
    for (const name of ['a.gguf', 'b.gguf']) server.files.set(name, Buffer.from(name))
    await expect(pull()).rejects.toThrow(/several GGUF files; choose with --file: a\.gguf, b\.gguf/)
    await expect(pull({ file: 'b.gguf' })).resolves.toMatchObject({ unchanged: false })
    expect(readdirSync(join(folder.path, 'models', ID))).toContain('b.gguf')
  })

  it.each(['tiny', '../x', 'a/b/c', 'owner/..'])('refuses the id %s', async (id) => {
    await expect(pull({ id })).rejects.toThrow(/is no model id: give OWNER\/NAME/)
  })
})
