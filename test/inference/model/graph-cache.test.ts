import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BuildProgress, buildGraph, type Precision } from '../../../src/inference/model/open-model.ts'
import { createOnnxRunner } from '../../../src/inference/runner/onnx-runner.ts'
import { resolveModel } from '../../../src/tokenizer/model-files.ts'
import { temporaryFolder, tinyModel, writeSafetensors } from './tiny-models.ts'

let folder: ReturnType<typeof temporaryFolder>
let model: string
let graphs: string
beforeEach(() => {
  folder = temporaryFolder()
  model = join(folder.path, 'tiny')
  graphs = join(folder.path, 'graphs')
  writeSafetensors(model, tinyModel('LlamaForCausalLM'))
})
afterEach(() => folder.remove())

/** Builds or finds the graph; `built` says which. */
async function open(precision: Precision = 'float32') {
  const phases: BuildProgress[] = []
  const files = await resolveModel(model, folder.path)
  const graph = await buildGraph(files, { precision, dataDir: folder.path, onProgress: (event) => phases.push(event) })
  return { graph, phases, built: phases.some(({ phase }) => phase === 'building') }
}

async function works(path: { graph: Awaited<ReturnType<typeof buildGraph>> }): Promise<boolean> {
  const runner = await createOnnxRunner(path.graph, { slots: 1, maxContext: 16, threads: 1 })
  const logits = await runner.forward({ firstSlot: 0, rows: [{ tokens: [1, 2, 3], past: 0, logits: 1 }] })
  const finite = logits.every(Number.isFinite)
  await runner.close()
  return finite
}

describe('the cache of graphs', () => {
  it('builds once, and tells how far it is', async () => {
    const first = await open()
    expect(first.built).toBe(true)
    expect(first.phases.filter(({ phase }) => phase === 'building')).toEqual([
      { phase: 'building', done: 1, total: 2 },
      { phase: 'building', done: 2, total: 2 },
    ])
    const second = await open()
    expect(second.built).toBe(false)
    expect(second.graph.path).toBe(first.graph.path)
  })

  it('keeps a graph for each precision and each kind of kernel', async () => {
    const files = await resolveModel(model, folder.path)
    const wanted = [
      { precision: 'float32' },
      { precision: 'int8', weightBits: 8 },
      { precision: 'int8', weightBits: 7 },
    ]
    for (const kind of wanted) {
      await buildGraph(files, { ...(kind as { precision: Precision; weightBits: 8 }), dataDir: folder.path })
    }
    expect(readdirSync(graphs)).toHaveLength(3)
  })

  it('builds again when the weights have changed', async () => {
    const first = await open()
    writeSafetensors(model, tinyModel('LlamaForCausalLM', { rope_theta: 500 }))
    const second = await open()
    expect(second.built).toBe(true)
    expect(second.graph.path).not.toBe(first.graph.path)
  })

  it.each([
    ['graph.onnx', 'float32'],
    ['prompts.onnx', 'int8'],
    ['cache-scales.bin', 'int8'],
    ['weights.bin', 'float32'],
    ['manifest.json', 'float32'],
  ] as const)('builds again when %s was cut short', async (name, precision) => {
    const path = join(dirname((await open(precision)).graph.path), name)
    truncateSync(path, Math.floor(statSync(path).size / 2))
    const again = await open(precision)
    expect(again.built).toBe(true)
    expect(await works(again)).toBe(true)
    expect((await open(precision)).built).toBe(false)
  })

  it('builds again when a byte of the graph has changed', async () => {
    const { graph } = await open()
    const bytes = readFileSync(graph.path)
    bytes[100]! ^= 255
    writeFileSync(graph.path, bytes)
    expect((await open()).built).toBe(true)
  })

  it('never trusts a folder without a manifest', async () => {
    const { graph } = await open()
    renameSync(join(dirname(graph.path), 'manifest.json'), join(folder.path, 'elsewhere'))
    expect((await open()).built).toBe(true)
  })

  it('lets several builders work at once', async () => {
    const opened = await Promise.all([open(), open(), open()])
    expect(new Set(opened.map(({ graph }) => graph.path)).size).toBe(1)
    expect(await works(opened[0]!)).toBe(true)
    expect(readdirSync(graphs)).toHaveLength(1)
  })

  it('starts over after a build that was killed, and removes what it left', async () => {
    const killed = await killedWhileBuilding()
    const [left] = readdirSync(graphs)
    expect(left).toMatch(new RegExp(`^[.]building-.*-${killed}-`))
    const next = await open()
    expect(next.built).toBe(true)
    expect(await works(next)).toBe(true)
    expect(readdirSync(graphs)).toEqual([dirname(next.graph.path).slice(graphs.length + 1)])
  })

  it('leaves another living build alone, unless it is hours old', async () => {
    const alive = join(graphs, `.building-${hostname()}-${process.ppid}-00000000`)
    const elsewhere = join(graphs, '.building-other-host-1-00000000')
    const old = join(graphs, '.building-other-host-2-00000000')
    for (const path of [alive, elsewhere, old]) mkdirSync(path, { recursive: true })
    utimesSync(old, 0, 0)
    await open()
    const names = readdirSync(graphs)
    expect(names).toContain(alive.slice(graphs.length + 1))
    expect(names).toContain(elsewhere.slice(graphs.length + 1))
    expect(names).not.toContain(old.slice(graphs.length + 1))
  })

  it('says what to do when the disk is full, and leaves nothing behind', async () => {
    const { stderr, code } = await buildWithFileLimit()
    expect(code).toBe(3)
    expect(stderr).toMatch(/bad_setting DATA_DIR cannot keep the model's graph in .*graphs: .*set DATA_DIR to another/)
    expect(readdirSync(graphs)).toEqual([])
    expect((await open()).built).toBe(true)
  })

  it('says what to do when the folder cannot be made', async () => {
    writeFileSync(graphs, 'a file where the folder should be')
    await expect(open()).rejects.toMatchObject({ code: 'bad_setting', field: 'DATA_DIR' })
  })
})

const BUILDER = new URL('build-and-wait.ts', import.meta.url).pathname

/** Another process builds and dies in the middle; returns its process id. */
async function killedWhileBuilding(): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', BUILDER, model, folder.path, 'wait'])
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  return child.pid!
}

/** Another process that may write no file larger than 64 KB: to a program that is a disk without room. */
async function buildWithFileLimit(): Promise<{ stderr: string; code: number }> {
  const node = [process.execPath, '--import', 'tsx', BUILDER, model, folder.path].map((part) => `'${part}'`).join(' ')
  const child = spawn('/bin/bash', ['-c', `ulimit -f 64; trap '' XFSZ; exec ${node}`], {
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { stderr, code }
}
