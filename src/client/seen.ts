// No event twice: remembers which of our server's event IDs were dispatched. IDs of any other form are left alone, since
// nothing is known about their order, or whether they are ever used again.

/** Position in ms, sequence number and epoch, as the server makes its IDs; in fewer bytes than its own module has. */
const ours = /^([\da-z]{1,9})-([\da-z]{1,6})-([\da-z]{7})$/

/** How many IDs are remembered: twice what a channel's history holds by default. */
const memory = 2000

export class Seen {
  /** A set keeps the order in which it was filled. */
  readonly #recent = new Set<string>()
  #from: RegExpExecArray | null = null

  /** Says where the stream that now begins was resumed. */
  resume(lastEventId: string): void {
    this.#from = ours.exec(lastEventId)
  }

  /**
   * Whether an event with this ID is to be dispatched; the next with the same ID is not. An ID that is merely older than the
   * newest one is new: a channel that the server subscribes to later begins further back.
   */
  isNew(id: string): boolean {
    const parts = ours.exec(id)
    if (!parts) return true
    if (this.#recent.has(id) || (this.#from && !isBeyond(parts, this.#from))) return false
    this.#recent.add(id)
    const [oldest = ''] = this.#recent
    if (this.#recent.size > memory) this.#recent.delete(oldest)
    return true
  }
}

/** Positions of different epochs have no order, so an event of another one counts as beyond. */
function isBeyond(id: RegExpExecArray, from: RegExpExecArray): boolean {
  return id[3] !== from[3] || sortable(id) > sortable(from)
}

/** A shorter number is a smaller one, since none begins with a 0; and a space sorts before every digit. */
function sortable([, ms = '', seq = '']: RegExpExecArray): string {
  return ms.padStart(9) + seq.padStart(6)
}
