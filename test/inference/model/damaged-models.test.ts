import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildGraph } from '../../../src/inference/model/open-model.ts'
import { sha256 } from '../../../src/tokenizer/checksums.ts'
import { resolveModel } from '../../../src/tokenizer/model-files.ts'
import { writeGguf } from './tiny-gguf.ts'
import { temporaryFolder, tinyModel, writeModelFolder, writeSafetensors } from './tiny-models.ts'

const llama = (changes = {}) => tinyModel('LlamaForCausalLM', changes)

let folder: ReturnType<typeof temporaryFolder>
let model: string
beforeEach(() => {
  folder = temporaryFolder()
  model = join(folder.path, 'tiny')
})
afterEach(() => folder.remove())

/** Opens a model as a worker does. */
async function open(setting: string): Promise<unknown> {
  const files = await resolveModel(setting, folder.path)
  return buildGraph(files, { precision: 'float32', dataDir: folder.path })
}

const refused = (message: RegExp) => ({ code: 'bad_model', message: expect.stringMatching(message) })

describe('a model that is not there', () => {
  it('is refused with the places that were tried', async () => {
    const message = /no model.*no file or folder .*owner\/name.*no pulled model in .*models\/owner\/name.*pull/
    await expect(open('owner/name')).rejects.toMatchObject(refused(message))
  })

  it('is refused when its folder has no weights', async () => {
    writeModelFolder(model, llama().config)
    await expect(open(model)).rejects.toMatchObject(refused(/has no weights: model\.safetensors/))
  })

  it.each(['config.json', 'tokenizer.json', 'tokenizer_config.json'])('is refused without its %s', async (name) => {
    writeSafetensors(model, llama())
    rmSync(join(model, name))
    await expect(open(model)).rejects.toMatchObject(refused(new RegExp(`has no ${name}`)))
  })

  it('is refused when a part of it is missing', async () => {
    writeSafetensors(model, llama(), 3)
    rmSync(join(model, 'model-00002.safetensors'))
    await expect(open(model)).rejects.toMatchObject(refused(/model-00002\.safetensors is missing/))
  })

  it('is refused when the file is of another kind', async () => {
    writeFileSync(model, 'hello')
    await expect(open(model)).rejects.toMatchObject(refused(/is not a model: give a GGUF file or a folder/))
  })

  it('is refused when a folder has two GGUF files', async () => {
    const path = writeGguf(model, llama())
    copyFileSync(path, join(model, 'other.gguf'))
    await expect(open(model)).rejects.toMatchObject(refused(/2 GGUF files.*name the one to use/))
    await expect(open(path)).resolves.toBeDefined()
  })
})

describe('a config that we cannot run', () => {
  it.each([
    ['architectures', { architectures: ['GPT2LMHeadModel'] }, /architectures is "GPT2LMHeadModel"; allowed: Llama/],
    ['hidden_act', { hidden_act: 'gelu' }, /hidden_act is "gelu"; allowed: silu/],
    [
      'rope_scaling',
      { rope_scaling: { rope_type: 'yarn', factor: 4 } },
      /rope_type is "yarn"; allowed: default, linear/,
    ],
    ['llama3 without its factor', { rope_scaling: { rope_type: 'llama3' } }, /rope_scaling\.factor is undefined/],
    ['head_dim', { head_dim: 20 }, /head_dim is 20; allowed: a multiple of 16/],
    ['hidden_size', { hidden_size: 80 }, /hidden_size is 80; allowed: a multiple of 32/],
    ['kv heads', { num_key_value_heads: 3 }, /num_key_value_heads is 3; allowed: a divisor of 4/],
    ['layers', { num_hidden_layers: 0 }, /config\.json is damaged: num_hidden_layers/],
  ])('is refused by name and value: %s', async (_, changes, message) => {
    const { config, tensors } = llama()
    writeSafetensors(model, { config: { ...config, ...changes } as typeof config, tensors })
    await expect(open(model)).rejects.toMatchObject(refused(message))
  })

  it('is refused when it is no JSON', async () => {
    writeSafetensors(model, llama())
    writeFileSync(join(model, 'config.json'), '{"architectures":')
    await expect(open(model)).rejects.toMatchObject(refused(/cannot read .*config\.json/))
  })
})

describe('damaged weights', () => {
  it('are refused when a GGUF file is truncated, in its header or in its data', async () => {
    const path = writeGguf(model, llama())
    const { length } = readFileSync(path)
    for (const size of [length - 100, 500, 30]) {
      truncateSync(path, size)
      await expect(open(path)).rejects.toMatchObject(refused(/tiny\.gguf: is truncated.*fetch it again/))
    }
    truncateSync(path, 10)
    await expect(open(path)).rejects.toMatchObject(refused(/is not a GGUF file/))
  })

  it('are refused when a GGUF file is of a version or quantization we cannot read', async () => {
    await expect(open(writeGguf(model, llama(), { version: 1 }))).rejects.toMatchObject(refused(/GGUF version 1/))
    const unknown = writeGguf(model, llama(), { forceType: 16 })
    await expect(open(unknown)).rejects.toMatchObject(refused(/GGML type 16\).*allowed: F32, F16, Q4_0/))
  })

  it('are refused when a safetensors file is truncated', async () => {
    writeSafetensors(model, llama())
    const path = join(model, 'model.safetensors')
    for (const size of [readFileSync(path).length - 4, 100, 3]) {
      truncateSync(path, size)
      await expect(open(model)).rejects.toMatchObject(refused(/model\.safetensors: is truncated/))
    }
  })

  it('are refused when a safetensors header is no JSON or lies about a size', async () => {
    writeSafetensors(model, llama())
    const path = join(model, 'model.safetensors')
    const bytes = readFileSync(path)
    writeFileSync(path, Buffer.from(bytes.toString('latin1').replace('"shape":[64]', '"shape":[65]'), 'latin1'))
    await expect(open(model)).rejects.toMatchObject(refused(/is damaged: .* has 256 bytes for the shape \[65\]/))
    bytes[8] = 0
    writeFileSync(path, bytes)
    await expect(open(model)).rejects.toMatchObject(refused(/not a safetensors file, or its header is damaged/))
  })

  it('are refused when a tensor is missing or has another shape than the config says', async () => {
    const { config, tensors } = llama()
    tensors.delete('model.layers.1.mlp.up_proj.weight')
    writeSafetensors(model, { config, tensors })
    await expect(open(model)).rejects.toMatchObject(refused(/has no tensor model\.layers\.1\.mlp\.up_proj\.weight/))
    writeSafetensors(model, { config: { ...config, vocab_size: 321 }, tensors })
    await expect(open(model)).rejects.toMatchObject(
      refused(/embed_tokens\.weight is \[320, 64\].*asks for \[321, 64\]/),
    )
  })

  it('are refused when they differ from the list of checksums', async () => {
    writeSafetensors(model, llama())
    const path = join(model, 'model.safetensors')
    writeFileSync(join(model, 'SHA256SUMS'), `${await sha256(path)}  model.safetensors\n`)
    await expect(open(model)).resolves.toBeDefined()
    const bytes = readFileSync(path)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(path, bytes)
    rmSync(join(folder.path, 'graphs'), { recursive: true })
    await expect(open(model)).rejects.toMatchObject(refused(/is damaged: its sha256 is .*fetch it again/))
  })

  it('are refused before anything is built when a small file differs from the list', async () => {
    writeSafetensors(model, llama())
    writeFileSync(join(model, 'SHA256SUMS'), `${'0'.repeat(64)}  tokenizer.json\n`)
    await expect(open(model)).rejects.toMatchObject(refused(/tokenizer\.json is damaged/))
  })

  it('leave nothing behind', async () => {
    const { config, tensors } = llama()
    tensors.delete('model.norm.weight')
    writeSafetensors(model, { config, tensors })
    await expect(open(model)).rejects.toMatchObject(refused(/model\.norm\.weight/))
    expect(readdirSync(join(folder.path, 'graphs'))).toEqual([])
  })
})
