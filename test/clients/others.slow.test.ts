import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { InferenceClient } from '@huggingface/inference'
import { EventSource } from 'eventsource'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningService, startService } from '../api/running-service.ts'

const run = promisify(execFile)

let service: RunningService
beforeAll(async () => {
  service = await startService({ slots: 4, stepsPerSecond: 200 })
})
afterAll(() => service.stop())

const messages = [{ role: 'user', content: 'Once upon a time' }]
const request = { model: 'scripted', messages, max_tokens: 20, seed: 5 }

describe('@huggingface/inference', () => {
  it('answers whole and streamed alike, and names what is wrong', async () => {
    const client = new InferenceClient('none', { endpointUrl: service.url })
    const whole = await client.chatCompletion(request)
    let text = ''
    for await (const chunk of client.chatCompletionStream(request)) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe(whole.choices[0]?.message.content)
    await expect(client.chatCompletion({ ...request, temperature: 5 })).rejects.toThrow()
  })
})

describe('eventsource', () => {
  it('follows a job to its end, and goes on by itself where its connection breaks', async () => {
    const body = JSON.stringify({ kind: 'generate', prompt: 'Once', max_tokens: 60, ignore_eos: true })
    const accepted = await fetch(`${service.url}/jobs`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
    })
    const { id, stream_url } = (await accepted.json()) as { id: string; stream_url: string }
    let connections = 0
    const source = new EventSource(service.url + stream_url, {
      fetch: async (url, init) => {
        const response = await fetch(url, init)
        if (connections++ > 0) return response
        return new Response(response.body!.pipeThrough(cutAfter(1200)), response)
      },
    })
    const ids: string[] = []
    let text = ''
    await new Promise<void>((resolve) => {
      source.addEventListener('token', ({ lastEventId, data }) => {
        ids.push(lastEventId)
        text += (JSON.parse(data) as { token: string }).token
      })
      source.addEventListener('done', () => resolve())
    })
    source.close()
    expect(connections).toBe(2)
    expect(new Set(ids).size).toBe(ids.length)
    const job = (await (await fetch(`${service.url}/jobs/${id}`)).json()) as { result: { text: string } }
    expect(text).toBe(job.result.text)
  })
})

/** Ends a body with an error after so many bytes. */
function cutAfter(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.length
      if (seen > bytes) controller.error(new TypeError('the connection broke'))
      else controller.enqueue(chunk)
    },
  })
}

describe('curl', () => {
  it('streams data lines, ended by [DONE]', async () => {
    const url = `${service.url}/v1/chat/completions`
    const { stdout } = await run('curl', ['-sN', url, '-d', JSON.stringify({ ...request, stream: true })])
    const lines = stdout.split('\n').filter((line) => line !== '')
    expect(lines.every((line) => line.startsWith('data: '))).toBe(true)
    expect(lines.at(-1)).toBe('data: [DONE]')
  })

  it('fails with -f where the request is wrong', async () => {
    const url = `${service.url}/v1/chat/completions`
    await expect(run('curl', ['-sf', url, '-d', '{"messages": 1}'])).rejects.toMatchObject({ code: 22 })
  })
})
