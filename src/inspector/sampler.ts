/**
 * Reads the registry that is shown, once a second, and only while a page watches. What it reads is published to the
 * inspector's own registry, once for all pages that watch the same.
 */
import type { Inspection } from '../inspection.js'
import type { ChannelRegistry } from '../registry.js'
import { every, now, type Timer } from '../timers.js'
import { Activity } from './activity.js'
import { ChannelEvents } from './channel-events.js'
import { ChannelRows } from './channel-rows.js'
import { ConnectionRows } from './connection-rows.js'
import type { Source } from './source.js'
import { parseView, type View } from './views.js'

/** What all sources share. */
export interface Shown {
  readonly registry: ChannelRegistry
  readonly inspection: Inspection
}

const PERIOD = 1000

/** After a sample of all states, so many times its duration pass before the next: sampling takes at most 1 % of a core. */
const REST = 99

export class Sampler {
  readonly #shown: Shown
  readonly #own: ChannelRegistry
  /** What is watched, by the channel of the inspector's registry. */
  readonly #sources = new Map<string, Source>()
  #timer: Timer | undefined
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
    this.#publish(channel)
    this.#timer ??= every(PERIOD, () => this.#sampleAll())
  }

  #unwatch(channel: string): void {
    const source = this.#sources.get(channel)
    source?.close?.()
    this.#sources.delete(channel)
    if (this.#sources.size === 0) {
      this.#timer?.stop()
      this.#timer = undefined
    }
    // Otherwise, each filter that was ever typed would leave a state behind. After `close()` there is nothing to forget.
    if (source?.isState)
      this.#own
        .channel(channel)
        .forget('state')
        .catch(() => undefined)
  }

  #sampleAll(): void {
    // An open page must not keep the server of an app from closing.
    if (this.#shown.inspection.isClosed) return void this.#own.close()
    const startedAt = now()
    const isResting = startedAt < this.#restUntil
    for (const [channel, { isState }] of this.#sources) if (!isState || !isResting) this.#publish(channel)
    if (!isResting) this.#restUntil = now() + REST * (now() - startedAt)
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
