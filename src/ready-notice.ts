/**
 * When a connection is to be told with `sse-ready` that it has caught up, and what with: at its beginning, after each
 * gap, and after a later `subscribe` that wrote older events, which took the client's last event ID back.
 */
export class ReadyNotice {
  #when: 'caughtUp' | 'ifWritten' | 'told' = 'caughtUp'
  #hasGap = false
  #replayed = 0

  /** Whether nothing is to be told. */
  get isTold(): boolean {
    return this.#when === 'told'
  }

  /** A later subscription begins at older events. */
  wentBack(): void {
    if (this.isTold) this.#expect('ifWritten')
  }

  gap(): void {
    this.#expect('caughtUp')
    this.#hasGap = true
  }

  wrote(events: number): void {
    if (!this.isTold) this.#replayed += events
  }

  /** The connection has caught up. Returns what to tell it, if anything. */
  caughtUp(): { hasGap: boolean; replayed: number } | undefined {
    const notice = { hasGap: this.#hasGap, replayed: this.#replayed }
    const isDue = this.#when === 'caughtUp' || this.#replayed > 0
    this.#when = 'told'
    this.#hasGap = false
    return isDue ? notice : undefined
  }

  #expect(when: 'caughtUp' | 'ifWritten'): void {
    if (this.isTold) this.#replayed = 0
    this.#when = when
  }
}
