// What an encoder export of the hub's form asks for and returns, found by the names, types and shapes of its inputs and
// outputs:
//
//   input_ids, attention_mask            int [batch, seq]
//   token_type_ids                       int [batch, seq]              not in every export; all 0 for one text
//   sentence_embedding                   float32 [batch, width]        pooled by the graph, where it has this
//   last_hidden_state, token_embeddings  float32 [batch, seq, width]   pooled here
//   pooler_output                        float32 [batch, width]        where there is nothing better

import { GraphEnds, type IntegerType, list, type Value } from '../inference/graph-ends.ts'

const INTEGERS = ['input_ids', 'attention_mask', 'token_type_ids'] as const
/** The first that the graph has is taken. */
const OUTPUTS = [
  { name: 'sentence_embedding', pooled: true },
  { name: 'last_hidden_state', pooled: false },
  { name: 'token_embeddings', pooled: false },
  { name: 'pooler_output', pooled: true },
] as const

export interface EncoderLayout {
  /** Types of the inputs, by name. */
  integers: ReadonlyMap<string, IntegerType>
  output: string
  /** Whether the output is one vector a text. */
  pooled: boolean
}

/** Throws `bad_model` that names the input or output in the way. */
export function readEncoderLayout(
  path: string,
  { inputs, outputs }: { inputs: readonly Value[]; outputs: readonly Value[] },
): EncoderLayout {
  return new EncoderLayoutReader(path, inputs, outputs).read()
}

class EncoderLayoutReader extends GraphEnds {
  read(): EncoderLayout {
    const names = [...this.inputs.keys()]
    const past = names.find((name) => name.startsWith('past_key_values'))
    if (past) this.refuse(`is a decoder (its input ${past}): set MODEL to it; EMBEDDING_MODEL takes an encoder`)
    const known: readonly string[] = INTEGERS
    const unknown = names.find((name) => !known.includes(name))
    if (unknown) this.refuse(`has an input ${unknown}, of which we don't know what it wants`)
    if (!names.includes('input_ids')) this.refuse(`is no encoder of text: its inputs are ${list(names)}`)
    const integers = new Map(names.map((name) => [name, this.integerType(this.inputs.get(name)!, 2)]))
    const output = OUTPUTS.find(({ name }) => this.outputs.has(name))
    if (!output) {
      const wanted = OUTPUTS.map(({ name }) => name).join(', ')
      this.refuse(`returns ${list(this.outputs.keys())}; an embedding model returns one of ${wanted}`)
    }
    this.floats(this.outputs, output.name, output.pooled ? 2 : 3)
    return { integers, output: output.name, pooled: output.pooled }
  }
}
