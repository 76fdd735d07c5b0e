// No event twice: remembers the IDs of events that were dispatched. Only for streams that have shown to be this package's:
// on these an ID of our form stands for one event. Another server may use an ID of that form as often as it likes.

/** Position in ms, sequence number and epoch, as the server makes its IDs; in fewer bytes than its own module has. */
const ours = /^[\da-z]{1,9}-[\da-z]{1,6}-[\da-z]{7}$/

/** How many IDs are remembered: twice what a channel's history holds by default. */
const memory = 2000

export class Seen {
  /** Whether the connection has shown to be this package's. False again with each new connection. */
  isOurs = false
  /** A set keeps the order in which it was filled. */
  readonly #recent = new Set<string>()

  /** Forgets all IDs: the server sends events again after a gap. */
  clear(): void {
    this.#recent.clear()
  }

  /**
   * Whether an event with this ID is to be dispatched; the next with the same ID is not. An ID that is older than others is
   * new: a channel that the server subscribes to later may begin further back, also behind the last event ID of the client.
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
