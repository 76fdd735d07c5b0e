/**
 * Decides when a connection is sent `sse-ready`: when it has caught up at its beginning, and after each gap. Also after a
 * later `subscribe` that wrote older events, because these moved the client's last event ID back.
 */
export class ReadyNotice {
  #when: 'caughtUp' | 'ifWritten' | 'told' = 'caughtUp'
  #hasGap = false
  #replayed = 0

  /** Whether no `sse-ready` is due. */
  get isTold(): boolean {
    return this.#when === 'told'
  }

  /** Call this when a later subscription begins at older events. */
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

  /** Call this when the connection has caught up. Returns what to send; undefined for nothing. */
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
