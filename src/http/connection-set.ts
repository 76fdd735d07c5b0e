/** All streams of a registry: admits or sheds them, and ends them. */
import { diagnostics } from '../diagnostics.js'
import type { DrainOptions } from '../drain-options.js'
import type { Report } from '../report.js'
import type { CloseReason, Counters, ShedReason } from '../stats.js'
import { now } from '../timers.js'
import { inProduction, type Warn } from '../warnings.js'
import { Http2Sessions } from './http2-sessions.js'
import { Owners } from './owners.js'
import type { Stream, StreamSet } from './stream.js'
import type { StreamRoute } from './stream-route.js'
import { Unopened } from './unopened.js'
import { Upkeep } from './upkeep.js'

interface ConnectionSetOptions {
  /** The registry that the streams belong to. */
  registry: object
  counters: Counters
  report: Report
  warn: Warn
}

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
  readonly #registry: object
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

  constructor({ registry, counters, report, warn }: ConnectionSetOptions) {
    this.report = report
    this.#registry = registry
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

  /** Bytes written to all streams so far. */
  get sentBytes(): number {
    let bytes = this.#counters.sentBytes
    for (const { output } of this.#streams) bytes += output.written
    return bytes
  }

  /** Sheds a new stream, or watches whether its handler opens it. Returns false if it was shed. */
  expect(stream: Stream): boolean {
    if (this.#sheds(stream)) return stream.shed()
    if (stream.closed) return true
    this.#unopened?.add(stream)
    this.owners.add(stream)
    return true
  }

  admit(stream: Stream): boolean {
    if (this.#sheds(stream)) return false
    this.#unopened?.remove(stream)
    this.open++
    stream.route.open++
    this.#streams.add(stream)
    this.#upkeep.watch(stream)
    this.#sessions.carry(stream)
    const { connection, request } = stream
    if (diagnostics.open.hasSubscribers) diagnostics.open.publish({ connection, request })
    return true
  }

  onClosed(stream: Stream, reason: CloseReason): void {
    this.open--
    stream.route.open--
    this.#counters.closed[reason]++
    const { connection, request, openedAt = now() } = stream
    const duration = Math.round(now() - openedAt)
    this.#counters.measurements?.closed(duration)
    if (diagnostics.close.hasSubscribers) diagnostics.close.publish({ connection, request, reason, duration })
  }

  onFinished(stream: Stream): void {
    this.#unopened?.remove(stream)
    this.owners.remove(stream)
    if (this.#streams.delete(stream)) {
      this.#counters.sentBytes += stream.output.written
      if (this.#streams.size === 0) this.#upkeep.stop()
    }
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

  /** Returns whether a stream must be shed, and counts it then. */
  #sheds(stream: Stream): boolean {
    const reason = this.#whyShed(stream)
    if (reason === undefined) return false
    this.#counters.shed++
    // A client may keep the session of a shed stream open, and `server.close()` would wait for it.
    if (reason === 'closing') this.#sessions.carry(stream)
    if (!diagnostics.shed.hasSubscribers) return true
    const { request, owner } = stream
    diagnostics.shed.publish({ registry: this.#registry, request, owner, reason })
    return true
  }

  #whyShed(stream: Stream): ShedReason | undefined {
    const { route } = stream
    if (this.#isClosing || route.closed) return 'closing'
    if (route.open >= route.options.maxConnections) return 'maxConnections'
    return this.owners.isAtLimit(stream) ? 'maxPerOwner' : undefined
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
