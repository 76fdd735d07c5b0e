// The maps of a keyed state: the shown one, which never changes, and those that are being filled.

export class KeyedMaps<K, Data> {
  shown: ReadonlyMap<K, Data> = new Map()
  readonly #onShown: () => void
  /** Replaces `shown` in the next microtask; after a complete gap, when the stream has caught up. */
  #next: Map<K, Data> | undefined
  /** Whether `#next` is filled after a complete gap. */
  #isFilling = false
  /** Whether an earlier connection began to fill it. */
  #isPartial = false
  /** The state by the current connection alone, if the client reconnected without having caught up. */
  #fresh: Map<K, Data> | undefined
  /**
   * Whether the next connection may begin without a last event ID, so that the server sends everything again without a gap.
   * True from the first connection until the stream has caught up.
   */
  #mayBeginAnew: boolean | undefined

  /** Calls back each time `shown` was replaced, at most once per microtask. */
  constructor(onShown: () => void) {
    this.#onShown = onShown
  }

  set(key: K, value: Data): void {
    this.#fresh?.set(key, value)
    this.#change().set(key, value)
  }

  delete(key: K): void {
    if (!(this.#next ?? this.shown).has(key)) return
    this.#fresh?.delete(key)
    this.#change().delete(key)
  }

  gap(isComplete: boolean): void {
    this.#fresh = undefined
    if (!isComplete && !this.#isPartial) return
    // If an earlier connection began, and the gap is not complete, the rest of the new state does not come any more.
    this.#next = new Map(isComplete ? [] : [...this.shown, ...(this.#next ?? [])])
    this.#isFilling = true
    this.#isPartial = false
  }

  opened(): void {
    this.#isPartial = this.#isFilling
    if (this.#mayBeginAnew) this.#fresh = new Map()
    this.#mayBeginAnew ??= true
  }

  /** `isResumed`: the server resumed after the last event ID, without a gap. */
  caughtUp(isResumed: boolean): void {
    if (!isResumed && this.#fresh) this.#next = this.#fresh
    this.#fresh = undefined
    this.#mayBeginAnew = this.#isFilling = this.#isPartial = false
    this.#showLater()
  }

  /** The map to change. */
  #change(): Map<K, Data> {
    if (!this.#next) {
      this.#next = new Map(this.shown)
      this.#showLater()
    }
    return this.#next
  }

  #showLater(): void {
    queueMicrotask(() => {
      if (!this.#next || this.#isFilling) return
      this.shown = this.#next
      this.#next = undefined
      this.#onShown()
    })
  }
}
