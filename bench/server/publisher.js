import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { channelName, createMessages, footballMessage, now } from '../wire.js'

/**
 * Publishes numbered events round robin over channels, or over the keys of one channel, and notes when each was
 * published. Those that are measured are made beforehand, so that the figure holds what a contestant does and nothing else;
 * those before are not, so that the heap is not full of them.
 */
export class Publisher {
  #publish
  #settled
  #acks

  constructor({ publish, settled = turn }, acks) {
    this.#publish = publish
    this.#settled = settled
    this.#acks = acks
  }

  /** `first`: the number of each lane's first event. */
  prepare({ events, warmUp, first, bytes, messages, channels = 1, keys = 0, keyed = keys > 0 }) {
    const message = messages === 'football' ? footballMessage : createMessages({ bytes })
    const lanes = keys || channels
    const make = (i) => {
      const lane = i % lanes
      const channel = channelName(keys ? 0 : lane)
      return { channel, message: message(lane, first + Math.floor(i / lanes)), key: keyed ? `key-${lane}` : undefined }
    }
    const made = Array.from({ length: events - warmUp }, (_, i) => make(warmUp + i))
    return { length: events, at: (i) => (i < warmUp ? make(i) : made[i - warmUp]) }
  }

  /** As fast as the load generator follows: at most `turnsAhead` turns of `perTurn` events ahead of it. */
  async closedLoop(prepared, { warmUp, perTurn, turnsAhead, turnsPerAck }, onWarm) {
    const publishedAt = new Float64Array(prepared.length)
    this.#acks.reset()
    for (let i = 0, turns = 0; i < prepared.length; turns++) {
      if (i === warmUp) {
        await this.#acks.reached(Math.floor(turns / turnsPerAck))
        onWarm()
      }
      await this.#acks.reached(Math.ceil((turns - turnsAhead) / turnsPerAck))
      for (const end = Math.min(i + perTurn, prepared.length); i < end; i++) this.#send(prepared, i, publishedAt)
      await this.#settled()
    }
    return publishedAt
  }

  /** `perTick` events every `everyMs`, whether the load generator follows or not. */
  async paced(prepared, { warmUp, everyMs, perTick = 1 }, onWarm = () => {}) {
    const publishedAt = new Float64Array(prepared.length)
    const start = now()
    for (let i = 0, ticks = 0; i < prepared.length; ticks++) {
      const early = start + ticks * everyMs - now()
      if (early > 0) await sleep(early)
      if (i === warmUp) onWarm()
      for (const end = Math.min(i + perTick, prepared.length); i < end; i++) this.#send(prepared, i, publishedAt)
      await this.#settled()
    }
    return publishedAt
  }

  /**
   * One event every `everyMs`. Those that fell due while the event loop was busy are published in one turn, as requests
   * are read that came meanwhile. Latency counts from when an event was due.
   */
  async caughtUp(prepared, { warmUp, everyMs }, onWarm) {
    const publishedAt = new Float64Array(prepared.length)
    const start = now()
    const dueAt = (i) => start + i * everyMs
    for (let i = 0; i < prepared.length;) {
      const early = dueAt(i) - now()
      if (early > 0) await sleep(early)
      const end = i < warmUp ? warmUp : prepared.length
      if (i === warmUp) onWarm()
      do {
        this.#send(prepared, i, publishedAt)
        publishedAt[i] = dueAt(i)
        i += 1
      } while (i < end && dueAt(i) <= now())
      await this.#settled()
    }
    return publishedAt
  }

  /** As fast as it goes, with nobody to wait for, and no clock read. */
  async alone(prepared, { warmUp, perTurn }, onWarm) {
    for (let i = 0; i < prepared.length;) {
      if (i === warmUp) onWarm()
      for (const end = Math.min(i + perTurn, prepared.length); i < end; i++) {
        const { channel, message, key } = prepared.at(i)
        this.#publish(channel, message, key)
      }
      await this.#settled()
    }
  }

  #send(prepared, i, publishedAt) {
    const { channel, message, key } = prepared.at(i)
    publishedAt[i] = now()
    this.#publish(channel, message, key)
  }
}
