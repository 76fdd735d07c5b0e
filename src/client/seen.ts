// Remembers the IDs of dispatched events, so that no event is dispatched twice. Works only for servers of this package,
// where each ID of the package's form names one event. Other servers may repeat such IDs.

/** IDs of the package: ms, sequence number and epoch. A copy of the server's expression, to keep the client small. */
const ours = /^[\da-z]{1,9}-[\da-z]{1,6}-[\da-z]{7}$/

/** How many IDs are remembered: twice the default history of a channel. */
const memory = 2000

export class Seen {
  /** Whether the server is known to be of this package. Reset with each new connection. */
  isOurs = false
  /** IDs in the order in which they were added. */
  readonly #recent = new Set<string>()

  /** Forgets all IDs, because the server may send events again after a gap. */
  clear(): void {
    this.#recent.clear()
  }

  /**
   * Whether an event with this ID must be dispatched; the next one with the same ID must not. Older IDs count as new,
   * because a later subscription may begin before the last event ID.
   */
  isNew(id: string): boolean {
    if (!this.isOurs || !ours.test(id)) return true
    if (this.#recent.has(id)) return false
    this.#recent.add(id)
    const [oldest = ''] = this.#recent
    if (this.#recent.size > memory) this.#recent.delete(oldest)
    return true
  }
}
