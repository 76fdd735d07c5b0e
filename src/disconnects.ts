/** Ends the connections of an owner: here at once, and in other processes through the store. */
import type { ConnectionSet } from './http/connection-set.js'
import { createEpoch } from './log/position.js'
import type { DisconnectEntry } from './log/store.js'
import type { SseError } from './errors.js'
import { requireOwner, type DisconnectOptions } from './owner-options.js'
import { ReportedPromise } from './reported-promise.js'
import { nextTurn } from './timers.js'

export class Disconnects {
  /** Tells the entries of this process from those of others. The store gives back both. */
  readonly #by = createEpoch() + createEpoch()
  readonly #connections: ConnectionSet
  readonly #append: (entry: DisconnectEntry) => unknown

  /** `append` passes an entry to the store. */
  constructor(connections: ConnectionSet, append: (entry: DisconnectEntry) => unknown) {
    this.#connections = connections
    this.#append = append
  }

  /** Ends the connections of an owner, in all processes. Settles with the number of those here. */
  request(options: DisconnectOptions): Promise<number> {
    return ReportedPromise.from(this.#request(options), this.#connections.report)
  }

  /** Ends the connections of an owner here, because another process asks for it. */
  received({ owner, by }: DisconnectEntry): void {
    if (by === this.#by) return
    this.#connections.disconnect(this.#connections.owners.collect(owner))
  }

  async #request(options: DisconnectOptions): Promise<number> {
    const owner = requireOwner(options)
    // A store may throw too: the connections here must end all the same.
    const appended = new Promise((resolve) => resolve(this.#append({ kind: 'disconnect', owner, by: this.#by })))
    // Connections that come later must not be ended, because the user may have logged in again.
    const streams = this.#connections.owners.collect(owner)
    // A store that cannot do it says so at once. A store that is away must not delay this.
    const refusal = await Promise.race([appended.then(() => undefined, refusalOf), turn()])
    if (refusal !== undefined) throw refusal
    const ended = this.#connections.disconnect(streams)
    await appended
    return ended
  }
}

function refusalOf(error: unknown): SseError | undefined {
  // Compares the code, because two installed copies of the package have different classes.
  const { code } = (error ?? {}) as Partial<SseError>
  return code === 'ERR_SSE_STORE_UNSUPPORTED' ? (error as SseError) : undefined
}

function turn(): Promise<undefined> {
  return new Promise((resolve) => nextTurn(() => resolve(undefined)))
}
