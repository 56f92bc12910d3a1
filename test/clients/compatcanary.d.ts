// The package has no types of its own.

declare module 'compatcanary' {
  export function scanEndpoint(options: { baseUrl: string; model: string; profile: 'chat' | 'modern' }): Promise<{
    results: { name: string; status: string }[]
  }>
}
