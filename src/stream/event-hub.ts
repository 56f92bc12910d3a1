// One process's ear on Redis's pub/sub: any number of listeners per channel, each channel subscribed once.
// Messages are hints about latency; after a reconnect every listener is told that it may have missed some.

import type { RedisClient } from './redis.ts'

export interface ChannelListener {
  onMessage(message: string): void
  /** The connection was lost and is back: messages may be missing. */
  onGap(): void
}

export class EventHub {
  readonly #redis: RedisClient
  readonly #channels = new Map<string, { listeners: Set<ChannelListener>; subscribed: Promise<unknown> }>()

  /** @param redis a connection used for nothing else */
  constructor(redis: RedisClient) {
    this.#redis = redis
    redis.on('message', (channel: string, message: string) => {
      for (const listener of this.#channels.get(channel)?.listeners ?? []) listener.onMessage(message)
    })
    redis.on('ready', () => void this.#afterReconnect())
    // A cluster's subscriber has moved to another node.
    redis.on('+subscriber', () => void this.#afterReconnect())
  }

  /** Resolves with the function that ends the subscription, once Redis has confirmed the channel. */
  async listen(channel: string, listener: ChannelListener): Promise<() => void> {
    let entry = this.#channels.get(channel)
    if (!entry) {
      entry = { listeners: new Set(), subscribed: this.#redis.subscribe(channel) }
      this.#channels.set(channel, entry)
    }
    entry.listeners.add(listener)
    const leave = () => this.#leave(channel, listener)
    try {
      await entry.subscribed
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }

  get channelCount(): number {
    return this.#channels.size
  }

  /** Listeners read their logs again, but only once Redis has confirmed the channels: first subscribed, then read. */
  async #afterReconnect(): Promise<void> {
    const channels = [...this.#channels.keys()]
    if (channels.length === 0) return
    // A failure means that the connection is gone again; the next reconnect comes here too.
    await this.#redis.subscribe(...channels).catch(() => {})
    for (const channel of channels)
      for (const listener of this.#channels.get(channel)?.listeners ?? []) listener.onGap()
  }

  #leave(channel: string, listener: ChannelListener): void {
    const entry = this.#channels.get(channel)
    if (!entry?.listeners.delete(listener) || entry.listeners.size > 0) return
    this.#channels.delete(channel)
    // While Redis is away there is nothing to unsubscribe from: a channel without listeners is dropped on message.
    this.#redis.unsubscribe(channel).catch(() => {})
  }
}
