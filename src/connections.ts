/** All connections of a registry: who is let in, who is shed, and how they are ended. */
import type { ConnectionHost, ConnectionReader, StreamConnection, StreamOrigin } from './connection.js'
import type { AnyEvents } from './event-stream.js'
import { Http2Sessions } from './http2-sessions.js'
import type { DrainOptions } from './leave-options.js'
import type { CloseReason, Counters } from './stats.js'
import { Unopened } from './unopened.js'
import { Upkeep } from './upkeep.js'
import { inProduction, type Warn } from './warnings.js'

export interface ConnectionsOptions<R> {
  registry: R
  counters: Counters
  createReader: (connection: StreamConnection<AnyEvents, R>) => ConnectionReader
  report: (error: unknown) => void
  warn: Warn
}

/** How connections are left: `origin` for those of one `sse()` alone. */
interface Leaving {
  window?: number
  grace: number | false
  origin?: StreamOrigin
}

export class Connections<R> implements ConnectionHost<R> {
  readonly registry: R
  readonly createReader: ConnectionsOptions<R>['createReader']
  readonly report: (error: unknown) => void
  readonly warn: Warn
  /** How many are open. */
  open = 0
  readonly #counters: Counters
  readonly #upkeep: Upkeep<StreamConnection<AnyEvents, R>>
  readonly #sessions = new Http2Sessions<StreamConnection<AnyEvents, R>>()
  /** Undefined in production, where nothing is watched. */
  readonly #unopened: Unopened<StreamConnection<AnyEvents, R>> | undefined
  #isLeaving = false
  #whenForgotten: (() => void)[] = []

  constructor({ registry, counters, createReader, report, warn }: ConnectionsOptions<R>) {
    this.registry = registry
    this.createReader = createReader
    this.report = report
    this.warn = warn
    this.#unopened = inProduction() ? undefined : new Unopened(() => warn('SSE_UNANSWERED'))
    this.#counters = counters
    this.#upkeep = new Upkeep(report)
  }

  get now(): number {
    return this.#upkeep.now
  }

  /** How many have a socket that takes nothing more. */
  get stalled(): number {
    let stalled = 0
    for (const connection of this.#upkeep.connections) if (connection.output.isBlocked) stalled++
    return stalled
  }

  isFull(origin: StreamOrigin): boolean {
    return this.#isLeaving || origin.closed || origin.open >= origin.options.maxConnections
  }

  /** Told of a connection that its handler is still to open. */
  expect(connection: StreamConnection<AnyEvents, R>): void {
    if (!connection.closed) this.#unopened?.add(connection)
  }

  admit(connection: StreamConnection<AnyEvents, R>): boolean {
    if (this.isFull(connection.origin)) {
      this.#turnAway(connection)
      return false
    }
    this.#unopened?.remove(connection)
    this.open++
    connection.origin.open++
    this.#upkeep.add(connection)
    this.#sessions.join(connection)
    return true
  }

  left(connection: StreamConnection<AnyEvents, R>, reason: CloseReason): void {
    this.open--
    connection.origin.open--
    this.#counters.closed[reason]++
  }

  forget(connection: StreamConnection<AnyEvents, R>): void {
    this.#unopened?.remove(connection)
    this.#upkeep.remove(connection)
    this.#sessions.leave(connection, { isForGood: this.#isLeaving || connection.origin.closed })
    for (const settle of this.#whenForgotten.splice(0)) settle()
  }

  shed(connection: StreamConnection<AnyEvents, R>): void {
    this.#turnAway(connection)
    connection.shed()
  }

  /** Told when a connection was destroyed because its client did not take what was unsent in time. */
  destroyed(): void {
    this.#counters.destroyed++
  }

  /** Ends every connection at a random moment of the window; settles when nothing is left of any. */
  drain({ window, grace }: Required<DrainOptions>): Promise<void> {
    this.#isLeaving = true
    if (this.#upkeep.connections.size > 0) this.#upkeep.watchWithin(window)
    for (const connection of this.#upkeep.connections) {
      const endAt = this.#upkeep.deadline(Math.random() * window)
      if (endAt > connection.endAt) continue
      connection.endAt = endAt
      connection.endReason = 'drained'
    }
    return this.#empty({ window, grace })
  }

  /** Ends every connection now; settles when nothing is left of any. */
  close(grace: number | false): Promise<void> {
    this.#isLeaving = true
    this.#upkeep.forEach((connection) => connection.endForGood('server'))
    return this.#empty({ grace })
  }

  /** The same for the connections of one origin alone. */
  closeOrigin(origin: StreamOrigin, grace: number | false): Promise<void> {
    origin.closed = true
    this.#upkeep.forEach((connection) => connection.origin === origin && connection.endForGood('server'))
    return this.#empty({ grace, origin })
  }

  #turnAway(connection: StreamConnection<AnyEvents, R>): void {
    this.#counters.shed++
    // A client that keeps the session of a stream that was shed would keep `server.close()` from finishing.
    if (this.#isLeaving || connection.origin.closed) this.#sessions.join(connection)
  }

  #hasConnection(origin: StreamOrigin | undefined): boolean {
    for (const connection of this.#upkeep.connections) {
      if (origin === undefined || connection.origin === origin) return true
    }
    return false
  }

  /** Settles when nothing is left of any connection, at the latest when the grace behind the window is over. */
  async #empty({ window = 0, grace, origin }: Leaving): Promise<void> {
    if (grace !== false) this.#destroyIn(window + grace, origin)
    if (this.#hasConnection(origin)) this.#upkeep.stayAwake()
    while (this.#hasConnection(origin)) await new Promise<void>((resolve) => this.#whenForgotten.push(resolve))
    if (this.#isLeaving) this.#sessions.closeIdle()
  }

  #destroyIn(ms: number, origin: StreamOrigin | undefined): void {
    const destroyAt = this.#upkeep.deadline(ms)
    for (const connection of this.#upkeep.connections) {
      if (origin !== undefined && connection.origin !== origin) continue
      connection.destroyAt = Math.min(connection.destroyAt, destroyAt)
      this.#upkeep.watchWithin(ms)
    }
  }
}
