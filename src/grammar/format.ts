// What an output must look like, as it travels from the request to the engine. `text`, which asks for nothing, is null
// everywhere behind the request's schema.

export type OutputFormat =
  /** A JSON value that satisfies the schema. */
  | { type: 'json_schema'; json_schema: { schema: Record<string, unknown> } }
  /** Any JSON object. */
  | { type: 'json_object' }
  /** A text that the whole regular expression matches. */
  | { type: 'regex'; regex: string }
  /** One of these texts. */
  | { type: 'choice'; choices: string[] }

export const schemaField = 'response_format.json_schema.schema'

/** Where the request says it. */
export function fieldOf({ type }: OutputFormat): string {
  switch (type) {
    case 'json_schema':
      return schemaField
    case 'json_object':
      return 'response_format'
    case 'regex':
      return 'response_format.regex'
    case 'choice':
      return 'response_format.choices'
    default:
      return type satisfies never
  }
}
