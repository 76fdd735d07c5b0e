import { Client } from './client.js'
import { channelName } from '../wire.js'

const CONNECTIONS_PER_ADDRESS = 28_000 // Linux has 28,232 local ports for one address and destination

/**
 * The connections of one run. Client i reads `perClient` of `channels` channels, spread so that neighbours share some
 * but not all, or all the same where they `areSame`; with `keys` every client reads one channel, whose keys are the lanes.
 */
export class Crowd {
  clients = []
  subscribers
  #started = 0
  #ticks

  constructor({ connections, channels = 1, perClient = 1, keys = 0, areSame = false }) {
    this.plan = Array.from({ length: connections }, (_, i) => channelsOf(areSame ? 0 : i, channels, perClient))
    this.lanesOf = keys > 0 ? () => Array.from({ length: keys }, (_, key) => key) : (i) => this.plan[i]
    this.subscribers = new Uint32Array(keys || channels)
    for (let i = 0; i < connections; i++) for (const lane of this.lanesOf(i)) this.subscribers[lane] += 1
  }

  /**
   * Opens connections, at most `atOnce` at a time, until `share` of them are open; `from` is the first number that each
   * lane must bring.
   */
  async open(tally, { port, tls, atOnce = 200, share = 1, lastEventId, from, conflated, compressed }) {
    const openNext = async () => {
      while (this.#started < this.plan.length * share) {
        const i = this.#started++
        const client = new Client(tally, { lanes: this.lanesOf(i), from, conflated, compressed })
        this.clients.push(client)
        await client.open({ port, tls, lastEventId, path: pathTo(this.plan[i]), localAddress: addressOf(i) })
      }
    }
    await Promise.all(Array.from({ length: atOnce }, openNext))
  }

  /** Every client reads `bytes` per tick from now on, until `unthrottle`. */
  throttle({ bytes, everyMs }) {
    for (const client of this.clients) client.throttle()
    this.#ticks = setInterval(() => this.clients.forEach((client) => client.allow(bytes)), everyMs)
  }

  unthrottle() {
    clearInterval(this.#ticks)
    for (const client of this.clients) client.allow(Infinity)
  }

  total(field) {
    return this.clients.reduce((sum, client) => sum + client[field], 0)
  }

  close() {
    clearInterval(this.#ticks)
    for (const client of this.clients) client.close()
    this.clients = []
  }
}

export const pathTo = (channels) => `/stream?channels=${channels.map(channelName).join(',')}`

function channelsOf(i, channels, perClient) {
  const stride = 1 + (i % Math.max(1, Math.floor(channels / perClient) - 1))
  return Array.from({ length: perClient }, (_, k) => (i + k * stride) % channels)
}

/** Left to the system as long as one address does: a bound one would find ports taken by connections of earlier runs. */
function addressOf(i) {
  const address = Math.floor(i / CONNECTIONS_PER_ADDRESS)
  return address === 0 ? undefined : `127.0.0.${1 + address}`
}
