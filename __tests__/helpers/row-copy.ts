/** Clients that keep a copy of the rows of an app, from snapshots and events: what the app's database is compared with. */
import type { EventSourceMessage } from 'eventsource-parser'
import type { Channel } from '../../src/index.js'
import { openStream, type OpenStream } from './open-stream.js'
import type { TestServer } from './servers.js'

/** Rows that the app has in its database, by key. */
export type Rows = Map<string, number>

export const CHANNELS = ['a', 'b'] as const
export const KEYS = ['k', 'l', 'm', 'n']

/** A client that keeps a copy of the rows. A gap makes it drop those of the channels that lack events. */
export class Copy {
  readonly rows = new Map(CHANNELS.map((channel) => [channel as string, new Map() as Rows]))
  #stream: OpenStream | undefined
  #id = ''
  /** Whether the server failed to load its state. The client then connects without an ID. */
  #mustReload = false

  get isConnected(): boolean {
    return this.#stream?.state === 'open'
  }

  async connect(server: TestServer, cutAfter: number): Promise<void> {
    if (this.isConnected) return
    if (this.#id === '') for (const rows of this.rows.values()) rows.clear()
    const stream = await openStream(server, {
      path: `/${CHANNELS.join()}`,
      headers: this.#id === '' ? {} : { 'last-event-id': this.#id },
    })
    this.#stream = stream
    void this.#read(stream, cutAfter)
  }

  drop(): void {
    this.#stream?.close()
    this.#stream = undefined
  }

  /** Settles when everything published so far has been read. A gap may cover the event that is waited for. */
  async settle(server: TestServer, channel: Channel): Promise<void> {
    for (let attempt = 0; attempt < 10; attempt++) {
      await this.#catchUp(server)
      const before = new Set(this.#stream?.events)
      await channel.publish({ event: 'end', data: 'end' })
      const isLast = (each: EventSourceMessage) =>
        !before.has(each) && (each.event === 'end' || each.event === 'sse-ready')
      const last = await this.#stream?.waitFor(isLast)
      if (last?.event === 'end' && !this.#mustReload) return
    }
    throw new Error('this client has not caught up')
  }

  async #catchUp(server: TestServer): Promise<void> {
    this.drop()
    if (this.#mustReload) this.#id = ''
    this.#mustReload = false
    await this.connect(server, Infinity)
    await this.#stream?.waitFor(({ event }) => event === 'sse-ready')
  }

  async #read(stream: OpenStream, cutAfter: number): Promise<void> {
    for (let read = 0; read < cutAfter; read++) {
      const event = await stream.next().catch(() => undefined)
      if (event === undefined || this.#stream !== stream) return
      this.#take(event)
    }
    stream.close()
  }

  #take({ id, event, data }: { id?: string | undefined; event?: string | undefined; data: string }): void {
    if (id !== undefined) this.#id = id
    if (event === 'sse-gap') {
      const { channels, reason } = JSON.parse(data) as { channels: string[]; reason: string }
      if (reason === 'snapshot') this.#mustReload = true
      for (const channel of channels) this.rows.get(channel)?.clear()
    } else if (event === 'row') {
      const { channel, key, value } = JSON.parse(data) as { channel: string; key: string; value: number | null }
      if (value === null) this.rows.get(channel)?.delete(key)
      else this.rows.get(channel)?.set(key, value)
    }
  }
}

/** The rows of an app, which change and are published one by one. */
export class Database {
  readonly channels = new Map(CHANNELS.map((channel) => [channel as string, new Map() as Rows]))
  #version = 0

  /** Sets a row to a new value, or deletes it. Returns the message that says so. */
  write(channel: string, key: string, isDeleted: boolean) {
    const value = isDeleted ? null : ++this.#version
    const rows = this.channels.get(channel)
    if (value === null) rows?.delete(key)
    else rows?.set(key, value)
    return rowOf(channel, key, value)
  }

  /** What `snapshot.load` returns. */
  snapshot(channel: string) {
    return [...(this.channels.get(channel) ?? [])].map(([key, value]) => rowOf(channel, key, value))
  }
}

const rowOf = (channel: string, key: string, value: number | null) => ({
  event: 'row',
  key,
  data: { channel, key, value },
})

/** The rows of all channels, in a form that can be compared. */
export function sorted(channels: ReadonlyMap<string, Rows>): [string, [string, number][]][] {
  return [...channels].map(([name, rows]) => [name, [...rows].sort(([a], [b]) => a.localeCompare(b))])
}
