// The tensors of a Llama-family checkpoint, checked against the config as they are read.

import type { ModelConfig } from '../../tokenizer/model-config.ts'
import { badModel, type TensorSource } from './tensor-source.ts'

export class DecoderWeights {
  readonly config: ModelConfig
  readonly #source: TensorSource
  readonly #path: string

  /** `path` names the weights in errors. */
  constructor(config: ModelConfig, source: TensorSource, path: string) {
    this.config = config
    this.#source = source
    this.#path = path
  }

  embedding(): Float32Array {
    return this.#read('model.embed_tokens.weight', [this.config.vocabSize, this.config.hiddenSize])
  }

  /** The last projection's own weights; null when the embedding serves as such. */
  output(): Float32Array | null {
    if (this.config.tiedEmbeddings) return null
    return this.#read('lm_head.weight', [this.config.vocabSize, this.config.hiddenSize])
  }

  finalNorm(): Float32Array {
    return this.#read('model.norm.weight', [this.config.hiddenSize])
  }

  layer(index: number): LayerWeights {
    return new LayerWeights(this.config, (name, shape) => this.#read(`model.layers.${index}.${name}`, shape))
  }

  #read(name: string, wanted: number[]): Float32Array {
    const shape = this.#source.shapeOf(name)
    if (!shape) throw badModel(this.#path, `has no tensor ${name}, which the config asks for`)
    if (shape.join() !== wanted.join()) {
      throw badModel(this.#path, `${name} is [${shape.join(', ')}], but the config asks for [${wanted.join(', ')}]`)
    }
    return this.#source.read(name)
  }
}

type Read = (name: string, shape: number[]) => Float32Array

export class LayerWeights {
  readonly #config: ModelConfig
  readonly #read: Read

  constructor(config: ModelConfig, read: Read) {
    this.#config = config
    this.#read = read
  }

  attentionNorm = () => this.#read('input_layernorm.weight', [this.#config.hiddenSize])
  innerNorm = () => this.#read('post_attention_layernorm.weight', [this.#config.hiddenSize])

  /** q, k and v: `[heads * headDim, hidden]` and twice `[kvHeads * headDim, hidden]`, biases null where there are none. */
  qkv(): { q: Projection; k: Projection; v: Projection } {
    const { heads, kvHeads, headDim, hiddenSize, bias } = this.#config
    const read = (name: string, count: number) =>
      this.#projection(`self_attn.${name}_proj`, count * headDim, hiddenSize, bias.qkv)
    return { q: read('q', heads), k: read('k', kvHeads), v: read('v', kvHeads) }
  }

  attentionOutput(): Projection {
    const { heads, headDim, hiddenSize, bias } = this.#config
    return this.#projection('self_attn.o_proj', hiddenSize, heads * headDim, bias.output)
  }

  /** `[headDim]` each, applied to every head. */
  headNorms(): { q: Float32Array; k: Float32Array } {
    const { headDim } = this.#config
    return { q: this.#read('self_attn.q_norm.weight', [headDim]), k: this.#read('self_attn.k_norm.weight', [headDim]) }
  }

  inner(): { gate: Float32Array; up: Float32Array; down: Float32Array } {
    const { hiddenSize, innerSize } = this.#config
    return {
      gate: this.#read('mlp.gate_proj.weight', [innerSize, hiddenSize]),
      up: this.#read('mlp.up_proj.weight', [innerSize, hiddenSize]),
      down: this.#read('mlp.down_proj.weight', [hiddenSize, innerSize]),
    }
  }

  #projection(name: string, outputs: number, inputs: number, biased: boolean): Projection {
    return {
      weight: this.#read(`${name}.weight`, [outputs, inputs]),
      bias: biased ? this.#read(`${name}.bias`, [outputs]) : null,
    }
  }
}

export interface Projection {
  weight: Float32Array
  bias: Float32Array | null
}
