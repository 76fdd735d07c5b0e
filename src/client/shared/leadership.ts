// Elects the tab that holds the connection: the tab that has the Web Lock leads.
// @see https://w3c.github.io/web-locks/

export interface Candidate {
  /** This tab leads. */
  lead(): void
  /** Another tab leads. */
  follow(): void
  /** Another tab has taken the lead from this one, because it said nothing for too long. */
  lost(): void
}

export class Leadership {
  readonly #name: string
  readonly #candidate: Candidate
  /** Aborted to leave the queue for the lock. */
  #waiting = new AbortController()
  /** Lets go of the lock. */
  #release: (() => void) | undefined

  constructor(name: string, candidate: Candidate) {
    this.#name = name
    this.#candidate = candidate
  }

  /** Leads if no other tab does. Otherwise, waits for its turn. */
  enter(): void {
    this.#waiting = new AbortController()
    this.#request({ ifAvailable: true })
  }

  /** Takes the lead from a tab that does not answer. */
  steal(): void {
    this.leave()
    this.#waiting = new AbortController()
    this.#request({ steal: true })
  }

  leave(): void {
    this.#waiting.abort()
    this.#release?.()
    this.#release = undefined
  }

  #request(options: LockOptions): void {
    const { signal } = this.#waiting
    let isHeld = false
    const onLock = (lock: Lock | null) => {
      if (signal.aborted) return
      if (lock === null) {
        this.#request({ signal })
        this.#candidate.follow()
        return
      }
      isHeld = true
      return new Promise<void>((resolve) => {
        this.#release = resolve
        this.#candidate.lead()
      })
    }
    navigator.locks.request(this.#name, options, onLock).catch((error: unknown) => {
      if (signal.aborted) return
      if (isHeld) {
        this.#release = undefined
        this.#candidate.lost()
        // Some frames have no right to locks, and then nobody can share.
      } else if ((error as Error).name !== 'AbortError') this.#candidate.lead()
      // Another tab has stolen the lock first.
      else this.enter()
    })
  }
}
