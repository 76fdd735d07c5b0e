/** All streams of a registry: admits or sheds them, and ends them. */
import type { DrainOptions } from '../drain-options.js'
import type { Report } from '../report.js'
import type { CloseReason, Counters } from '../stats.js'
import { inProduction, type Warn } from '../warnings.js'
import { Http2Sessions } from './http2-sessions.js'
import { Owners } from './owners.js'
import type { Stream, StreamSet } from './stream.js'
import type { StreamRoute } from './stream-route.js'
import { Unopened } from './unopened.js'
import { Upkeep } from './upkeep.js'

/** How streams are ended. */
interface Ending {
  window?: number
  grace: number | false
  /** Only streams of this route are ended; `undefined` ends all. */
  route?: StreamRoute
}

export class ConnectionSet implements StreamSet {
  readonly report: Report
  /** The number of open streams. */
  open = 0
  readonly owners = new Owners()
  readonly #counters: Counters
  /** Every admitted stream that is not finished. A closed one may still have unsent bytes. */
  readonly #streams = new Set<Stream>()
  readonly #upkeep = new Upkeep((visit) => this.#forEach(visit))
  readonly #sessions = new Http2Sessions()
  /** Undefined in production. */
  readonly #unopened: Unopened<Stream> | undefined
  /** Whether `drain` or `close` was called, because the process is about to exit. */
  #isClosing = false
  #whenFinished: (() => void)[] = []

  constructor({ counters, report, warn }: { counters: Counters; report: Report; warn: Warn }) {
    this.report = report
    this.#unopened = inProduction() ? undefined : new Unopened(() => warn('SSE_UNANSWERED'))
    this.#counters = counters
  }

  get now(): number {
    return this.#upkeep.now
  }

  /** The number of streams whose socket is full. */
  get blocked(): number {
    let blocked = 0
    for (const { output } of this.#streams) if (output.isBlocked) blocked++
    return blocked
  }

  /** Sheds a new stream, or watches whether its handler opens it. Returns false if it was shed. */
  expect(stream: Stream): boolean {
    if (this.#mustShed(stream)) {
      this.#countShed(stream)
      return stream.shed()
    }
    if (stream.closed) return true
    this.#unopened?.add(stream)
    this.owners.add(stream)
    return true
  }

  admit(stream: Stream): boolean {
    if (this.#mustShed(stream)) {
      this.#countShed(stream)
      return false
    }
    this.#unopened?.remove(stream)
    this.open++
    stream.route.open++
    this.#streams.add(stream)
    this.#upkeep.watch(stream)
    this.#sessions.carry(stream)
    return true
  }

  onClosed(stream: Stream, reason: CloseReason): void {
    this.open--
    stream.route.open--
    this.#counters.closed[reason]++
  }

  onFinished(stream: Stream): void {
    this.#unopened?.remove(stream)
    this.owners.remove(stream)
    if (this.#streams.delete(stream) && this.#streams.size === 0) this.#upkeep.stop()
    this.#sessions.release(stream, { isForGood: this.#isClosing || stream.route.closed })
    for (const settle of this.#whenFinished.splice(0)) settle()
  }

  onDestroyed(): void {
    this.#counters.destroyed++
  }

  /**
   * Sheds new requests, and gives each stream a random moment of the window at which upkeep ends it. Settles when all are
   * finished, at the latest after `grace`.
   */
  drain({ window, grace }: Required<DrainOptions>): Promise<void> {
    this.#isClosing = true
    if (this.#streams.size > 0) this.#upkeep.watchWithin(window)
    for (const stream of this.#streams) {
      const endAt = this.#upkeep.deadline(Math.random() * window)
      if (endAt > stream.endAt) continue
      stream.endAt = endAt
      stream.endReason = 'drained'
    }
    return this.#finish({ window, grace })
  }

  /** Ends every stream now. Settles when all are finished. */
  close(grace: number | false): Promise<void> {
    this.#isClosing = true
    this.#forEach((stream) => stream.endWithSocket('server'))
    return this.#finish({ grace })
  }

  /** Ends the streams of one route now. Settles when they are finished. */
  closeRoute(route: StreamRoute, grace: number | false): Promise<void> {
    route.closed = true
    this.#forEach((stream) => stream.route === route && stream.endWithSocket('server'))
    return this.#finish({ grace, route })
  }

  /** Ends the streams of an owner who was disconnected. Returns how many have ended, or will when they open. */
  disconnect(streams: Iterable<Stream>): number {
    let ended = 0
    this.#forEach((stream) => {
      if (stream.disconnect()) ended++
    }, streams)
    return ended
  }

  /** Yields what the app holds for each open stream, of one owner or of all. */
  *connections(owner: string | undefined): Generator<object, undefined> {
    for (const { isOpen, connection } of owner === undefined ? this.#streams : this.owners.of(owner)) {
      if (isOpen && connection !== undefined) yield connection
    }
    return undefined
  }

  #mustShed(stream: Stream): boolean {
    const { route } = stream
    if (this.#isClosing || route.closed || route.open >= route.options.maxConnections) return true
    return this.owners.isAtLimit(stream)
  }

  #countShed(stream: Stream): void {
    this.#counters.shed++
    // A client may keep the session of a shed stream open, and `server.close()` would wait for it.
    if (this.#isClosing || stream.route.closed) this.#sessions.carry(stream)
  }

  /** Visits every stream. If a visit throws, destroys that stream and goes to the next one. */
  #forEach(visit: (stream: Stream) => void, streams: Iterable<Stream> = this.#streams): void {
    for (const stream of streams) {
      try {
        visit(stream)
      } catch (error) {
        this.report(error)
        stream.destroy('error')
      }
    }
  }

  /** Settles when the streams are finished, at the latest `grace` after the window. */
  async #finish({ window = 0, grace, route }: Ending): Promise<void> {
    if (grace !== false) this.#destroyIn(window + grace, route)
    if (this.#has(route)) this.#upkeep.stayAwake()
    while (this.#has(route)) await new Promise<void>((resolve) => this.#whenFinished.push(resolve))
    if (this.#isClosing) this.#sessions.closeIdle()
  }

  #destroyIn(ms: number, route: StreamRoute | undefined): void {
    const destroyAt = this.#upkeep.deadline(ms)
    for (const stream of this.#streams) {
      if (route !== undefined && stream.route !== route) continue
      stream.destroyAt = Math.min(stream.destroyAt, destroyAt)
      this.#upkeep.watchWithin(ms)
    }
  }

  #has(route: StreamRoute | undefined): boolean {
    for (const stream of this.#streams) if (route === undefined || stream.route === route) return true
    return false
  }
}
