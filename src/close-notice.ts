/** Tells whoever wants to know that a connection has closed: listeners, and an `AbortSignal` for all that takes one. */
import { setMaxListeners } from 'node:events'
import type { CloseReason } from './stats.js'

export type CloseListener = (reason: CloseReason) => void

export class CloseNotice {
  #reason: CloseReason | undefined
  #listeners: Set<CloseListener> | undefined
  #controller: AbortController | undefined

  /** A listener that comes too late is called all the same, in a microtask. Returns the function that takes it back. */
  add(listener: CloseListener, report: (error: unknown) => void): () => void {
    const listeners = (this.#listeners ??= new Set())
    const guarded: CloseListener = (reason) => {
      try {
        listener(reason)
      } catch (error) {
        report(error)
      }
    }
    listeners.add(guarded)
    const reason = this.#reason
    if (reason !== undefined) queueMicrotask(() => listeners.delete(guarded) && guarded(reason))
    return () => void listeners.delete(guarded)
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      // Each query that works for the connection may listen: many are no leak.
      setMaxListeners(0, this.#controller.signal)
      if (this.#reason !== undefined) this.#controller.abort(abortReason(this.#reason))
    }
    return this.#controller.signal
  }

  give(reason: CloseReason): void {
    this.#reason = reason
    this.#controller?.abort(abortReason(reason))
    const listeners = [...(this.#listeners ?? [])]
    this.#listeners?.clear()
    for (const listener of listeners) listener(reason)
  }
}

function abortReason(reason: CloseReason): DOMException {
  return new DOMException(`The event stream has closed: ${reason}`, 'AbortError')
}
