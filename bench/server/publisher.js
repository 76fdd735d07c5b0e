import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { channelName, createMessages, now } from '../wire.js'

/**
 * Publishes numbered events round robin over channels, or over the keys of one channel, and notes when each was
 * published. Messages are made beforehand, so that the figure holds what a contestant does and nothing else.
 */
export class Publisher {
  #publish
  #settled
  #acks
  #numbers = new Map()

  constructor({ publish, settled = turn }, acks) {
    this.#publish = publish
    this.#settled = settled
    this.#acks = acks
  }

  prepare({ events, bytes, channels = 1, keys = 0, keyed = keys > 0 }) {
    const message = createMessages({ bytes })
    const lanes = keys || channels
    return Array.from({ length: events }, (_, i) => {
      const lane = i % lanes
      const number = this.#numbers.get(lane) ?? 0
      this.#numbers.set(lane, number + 1)
      const channel = channelName(keys ? 0 : lane)
      return { channel, message: message(lane, number), key: keyed ? `key-${lane}` : undefined }
    })
  }

  /** As fast as the load generator follows: at most `turnsAhead` turns of `perTurn` events ahead of it. */
  async closedLoop(prepared, { warmUp, perTurn, turnsAhead, turnsPerAck }, onWarm) {
    const publishedAt = new Float64Array(prepared.length)
    this.#acks.reset()
    for (let i = 0, turns = 0; i < prepared.length; turns++) {
      if (turns === warmUp / perTurn) {
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
  async paced(prepared, { warmUp = 0, everyMs, perTick = 1 }, onWarm = () => {}) {
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

  #send(prepared, i, publishedAt) {
    const { channel, message, key } = prepared[i]
    publishedAt[i] = now()
    this.#publish(channel, message, key)
  }
}
