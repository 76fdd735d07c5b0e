/** Takes in requests: holds them while the store starts, then sheds each or makes a connection for it. */
import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import type { ConnectionContext } from './connection-context.js'
import { Connection } from './connection.js'
import type { ConnectionSet } from './http/connection-set.js'
import { Stream } from './http/stream.js'
import type { StreamRequest, StreamRoute } from './http/stream-route.js'
import { resolveGrace, type CloseOptions } from './drain-options.js'
import { nextTurn } from './timers.js'
import type { AnyEvents } from './wire/format.js'

/**
 * The property where `sse()` finds the `Admission` of a registry. The symbol is shared by the whole process, because one
 * app may load two installed copies of the package.
 */
const ADMISSION = Symbol.for('express-sse-channels.admission')

/** Lets `sse()` hand requests to a registry. Hidden from apps. */
export function publishAdmission<R>(registry: object, admission: Admission<R>): void {
  Object.defineProperty(registry, ADMISSION, { value: admission })
}

/** Returns the `Admission` of a registry. */
export function admissionOf<R>(registry: object): Admission<R> {
  return (registry as { [ADMISSION]: Admission<R> })[ADMISSION]
}

export class Admission<R> {
  /** Whether requests have to wait, because the store is still filling the log. */
  isStarting = false
  readonly #connections: ConnectionSet
  readonly #context: ConnectionContext<R>
  readonly #waiting = new Set<() => void>()

  constructor(connections: ConnectionSet, context: ConnectionContext<R>) {
    this.#connections = connections
    this.#context = context
  }

  get report(): ConnectionContext<R>['report'] {
    return this.#context.report
  }

  get warn(): ConnectionContext<R>['warn'] {
    return this.#context.warn
  }

  /** Holds requests until the promise has settled. */
  hold(starting: Promise<void>): void {
    this.isStarting = true
    this.#connections.owners.hold()
    void starting.catch(this.report).finally(() => {
      this.isStarting = false
      for (const callback of this.#waiting) runAlone(callback)
      this.#waiting.clear()
      this.#connections.owners.release()
    })
  }

  /** Calls back when the store has filled the log. Returns the function that stops waiting. */
  onceStarted(callback: () => void): () => void {
    const bound = AsyncResource.bind(callback)
    this.#waiting.add(bound)
    return () => void this.#waiting.delete(bound)
  }

  /** Makes a connection. Returns undefined when the request was shed. */
  connect(res: ServerResponse, request: StreamRequest, route: StreamRoute): Connection<AnyEvents, R> | undefined {
    const stream = new Stream(res, request, route, this.#connections)
    if (!this.#connections.expect(stream)) return undefined
    const connection = new Connection<AnyEvents, R>(stream, this.#context)
    stream.connection = connection
    return connection
  }

  /** Ends the streams of one route. */
  async closeRoute(route: StreamRoute, options: CloseOptions = {}): Promise<void> {
    await this.#connections.closeRoute(route, resolveGrace(options))
  }
}

/** Runs a callback. What it throws is thrown later, so that other requests do not wait for ever. */
function runAlone(callback: () => void): void {
  try {
    callback()
  } catch (error) {
    nextTurn(() => {
      throw error
    })
  }
}
