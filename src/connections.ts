/** All connections of a registry: who is let in, who is shed, and how they are ended. */
import type { ConnectionHost, ConnectionReader, StreamConnection, StreamOrigin } from './connection.js'
import type { AnyEvents } from './event-stream.js'
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

export class Connections<R> implements ConnectionHost<R> {
  readonly registry: R
  readonly createReader: ConnectionsOptions<R>['createReader']
  readonly report: (error: unknown) => void
  readonly warn: Warn
  /** How many are open. */
  open = 0
  readonly #counters: Counters
  readonly #upkeep: Upkeep<StreamConnection<AnyEvents, R>>
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
      this.#counters.shed++
      return false
    }
    this.#unopened?.remove(connection)
    this.open++
    connection.origin.open++
    this.#upkeep.add(connection)
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
    for (const settle of this.#whenForgotten.splice(0)) settle()
  }

  shed(connection: StreamConnection<AnyEvents, R>): void {
    this.#counters.shed++
    connection.shed()
  }

  /** Ends every connection at a random moment of the window; settles when nothing is left of any. */
  drain(window: number): Promise<void> {
    this.#isLeaving = true
    if (this.#upkeep.connections.size > 0) this.#upkeep.watchWithin(window)
    for (const connection of this.#upkeep.connections) {
      const endAt = this.now + Math.random() * window
      if (endAt > connection.endAt) continue
      connection.endAt = endAt
      connection.endReason = 'drained'
    }
    return this.#empty()
  }

  /** Ends every connection now; settles when nothing is left of any. */
  close(): Promise<void> {
    this.#isLeaving = true
    this.#upkeep.forEach((connection) => connection.endForGood('server'))
    return this.#empty()
  }

  /** The same for the connections of one origin alone. */
  closeOrigin(origin: StreamOrigin): Promise<void> {
    origin.closed = true
    this.#upkeep.forEach((connection) => connection.origin === origin && connection.endForGood('server'))
    return this.#empty(origin)
  }

  #hasConnection(origin: StreamOrigin | undefined): boolean {
    for (const connection of this.#upkeep.connections) {
      if (origin === undefined || connection.origin === origin) return true
    }
    return false
  }

  async #empty(origin?: StreamOrigin): Promise<void> {
    while (this.#hasConnection(origin)) await new Promise<void>((resolve) => this.#whenForgotten.push(resolve))
  }
}
