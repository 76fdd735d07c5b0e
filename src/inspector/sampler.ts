/**
 * Reads the inspected registry once a second, and only while a page watches. Samples are published to the inspector's
 * own registry, once for all pages that watch the same.
 */
import { inspectionOf, type Inspection } from '../inspection.js'
import type { ChannelRegistry } from '../registry.js'
import { after, every, now, type Timer } from '../timers.js'
import { Activity } from './activity.js'
import { ChannelEvents } from './channel-events.js'
import { ChannelRows } from './channel-rows.js'
import { ConnectionRows } from './connection-rows.js'
import type { Source } from './source.js'
import { parseView, type View } from './views.js'

/** The inspected registry. */
export interface Shown {
  readonly registry: ChannelRegistry
  readonly inspection: Inspection
}

const PERIOD = 1000

/** The rest after a reading, as a multiple of its duration: 99 means that reading takes at most 1 % of a core. */
const REST = 99

export class Sampler {
  readonly #shown: Shown
  readonly #own: ChannelRegistry
  /** The sources that pages watch, by channel of the inspector's registry. */
  readonly #sources = new Map<string, Source>()
  /** Channels whose source was never read. */
  readonly #unread = new Set<string>()
  #timer: Timer | undefined
  /** Set until the channels in `#unread` are read. */
  #soon: Timer | undefined
  #restUntil = 0

  constructor({ own, ...shown }: Shown & { own: ChannelRegistry }) {
    this.#shown = shown
    this.#own = own
  }

  start(): void {
    this.#own.whileOccupied((channel, signal) => {
      signal.addEventListener('abort', () => this.#unwatch(channel), { once: true })
      this.#watch(channel)
    })
  }

  #watch(channel: string): void {
    this.#sources.set(channel, createSource(parseView(channel), this.#shown))
    this.#unread.add(channel)
    this.#timer ??= every(PERIOD, () => this.#readAll())
    this.#readSoon()
  }

  #unwatch(channel: string): void {
    const source = this.#sources.get(channel)
    source?.close?.()
    this.#sources.delete(channel)
    this.#unread.delete(channel)
    if (this.#sources.size === 0) this.#stop()
    if (source !== undefined) this.#forget(channel, source)
  }

  /** Each filter that was ever typed would leave samples behind, and a later page would get the lists again. */
  #forget(channel: string, { isState }: Source): void {
    inspectionOf(this.#own)?.dropHistory(channel)
    if (!isState) return
    const forgotten = this.#own.channel(channel).forget('state')
    // Rejects after `close()`, when there is nothing to forget.
    forgotten.catch(() => undefined)
  }

  #stop(): void {
    this.#timer?.stop()
    this.#soon?.stop()
    this.#timer = this.#soon = undefined
  }

  #readAll(): void {
    // An open page must not keep the server of an app from closing.
    if (this.#shown.inspection.isClosed) return void this.#own.close()
    if (now() >= this.#restUntil) this.#read(this.#sources.keys())
  }

  /** Reads new channels before the next second, so that a filter shows its effect at once. */
  #readSoon(): void {
    this.#soon ??= after(Math.max(0, this.#restUntil - now()), () => {
      this.#soon = undefined
      if (this.#unread.size === 0) return
      if (now() < this.#restUntil) this.#readSoon()
      else this.#read(this.#unread)
    })
  }

  #read(channels: Iterable<string>): void {
    const startedAt = now()
    for (const channel of channels) this.#publish(channel)
    this.#unread.clear()
    const endedAt = now()
    this.#restUntil = endedAt + REST * (endedAt - startedAt)
  }

  #publish(channel: string): void {
    const source = this.#sources.get(channel)
    const data = source?.sample()
    if (source === undefined || data === undefined) return
    const message = { event: parseView(channel).name, data }
    void this.#own.channel(channel).publish(source.isState ? { ...message, key: 'state' } : message)
  }
}

function createSource({ name, of }: View, shown: Shown): Source {
  switch (name) {
    case 'stats':
      return { isState: true, sample: () => countsOf(shown) }
    case 'channels':
      return new ChannelRows(shown.inspection, of)
    case 'connections':
      return new ConnectionRows(shown.registry, of)
    case 'activity':
      return new Activity(shown.registry)
    case 'events':
      return new ChannelEvents(shown.inspection, of)
  }
}

/** `at`: on a monotonic clock, so that two samples give a rate. */
function countsOf({ registry, inspection }: Shown) {
  return { at: now(), isStoreAvailable: inspection.isStoreAvailable, stats: registry.stats() }
}
