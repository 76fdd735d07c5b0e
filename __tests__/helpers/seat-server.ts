// A small server for a random test of `keyedState`. It sends what this package's server sends, but few events at a time, so that
// a connection can be cut anywhere. It notes every state that it has had.
import type { Exchange, ScriptedServer } from './client-server.js'
import { asText, gap, priced, ready, withoutIds, type Seat } from './keyed-state-events.js'

interface Entry {
  id: string
  seat: string
  price: number
}

export class SeatServer {
  /** Every state that the server has had, as text. */
  readonly states = ['']
  #epoch = 0
  #events: Entry[] = []
  /** Events before this index cannot be replayed. */
  #historyStart = 0
  #latest = new Map<string, Entry>()
  #current: Exchange | undefined
  /** What the current connection is still to be sent. */
  #unsent: string[] = []
  /** How many more events the current connection gets before it is cut. */
  #left = Infinity
  #writes = 0

  constructor(readonly server: ScriptedServer) {
    void this.#accept()
  }

  /** The price 0 takes the seat out of the state. */
  set(seat: string, price: number): void {
    const entry = { id: `${this.#epoch}:${this.#events.push({ id: '', seat, price }) - 1}`, seat, price }
    this.#events[this.#events.length - 1] = entry
    this.#latest.delete(seat)
    this.#latest.set(seat, entry)
    this.#note()
    if (this.#current) this.#send(priced(seat, price, entry.id))
  }

  /** New clients do not get the seat any more. Only for a seat that was taken out of the state. */
  forget(seat: string): void {
    if (this.#latest.get(seat)?.price === 0) this.#latest.delete(seat)
  }

  /** The current connection skips events, as a slow one does. */
  skip(): void {
    if (this.#current) this.#sendAll()
  }

  /** The current connection misses events of a channel that has none of these seats. */
  announceOther(): void {
    if (this.#current) this.#send(withoutIds(gap(false)))
  }

  evict(): void {
    this.#historyStart = this.#events.length
  }

  restart(): void {
    this.#epoch++
    this.#events = []
    this.#historyStart = 0
    this.#latest = new Map()
    this.#note()
    this.cutAfter(0)
  }

  /** Cuts the current connection after a number of further events. */
  cutAfter(events: number): void {
    this.#left = events
    if (events === 0) this.#cut()
  }

  /** The cuts that are still to come do not happen. */
  leaveOpen(): void {
    this.#left = Infinity
  }

  #note(): void {
    const shown = [...this.#latest].filter(([, { price }]) => price > 0)
    this.states.push(asText(new Map<string, Seat>(shown)))
  }

  #send(...texts: string[]): void {
    this.#unsent.push(...texts)
  }

  /** Sends a complete gap, and what follows it. */
  #sendAll(): void {
    const last = this.#events.at(-1)?.id ?? `${this.#epoch}:-1`
    // The client resumes before what follows, if it is cut off right after the gap.
    const [, next] = ([...this.#latest.values()][0]?.id ?? `${this.#epoch}:${this.#events.length}`)
      .split(':')
      .map(Number)
    this.#unsent = [withoutIds(gap(true)).replace(/\n$/, `id: ${this.#epoch}:${Number(next) - 1}\n\n`)]
    this.#send(...Array.from(this.#latest.values(), ({ seat, price, id }) => priced(seat, price, id)))
    this.#send(withoutIds(ready(false)).replace(/\n$/, `id: ${last}\n\n`))
  }

  #cut(): void {
    this.#current?.end()
    this.#current = undefined
  }

  async #accept(): Promise<void> {
    for (;;) {
      const exchange = (this.#current = (await this.server.next()).stream())
      this.#begin(exchange.lastEventId)
      while (this.#current === exchange && !exchange.response.destroyed) {
        // One to three events at once, because a client may read several in a step.
        const count = Math.min(this.#left, 1 + (this.#writes++ % 3))
        const texts = this.#unsent.splice(0, count)
        if (texts.length > 0) exchange.write(texts.join(''))
        this.#left -= texts.length
        if (this.#left <= 0) this.#cut()
        await new Promise(setImmediate)
      }
      this.#left = Infinity
    }
  }

  #begin(lastEventId: string | undefined): void {
    this.#unsent = []
    if (lastEventId === undefined) {
      this.#sendAll()
      this.#unsent.shift()
      return
    }
    const [epoch, index] = lastEventId.split(':').map(Number) as [number, number]
    if (epoch !== this.#epoch || index + 1 < this.#historyStart) {
      this.#sendAll()
      return
    }
    const missed = this.#events.slice(index + 1)
    this.#send(...missed.map(({ seat, price, id }) => priced(seat, price, id)))
    this.#send(withoutIds(ready(true)).replace(/\n$/, `id: ${missed.at(-1)?.id ?? lastEventId}\n\n`))
  }
}
