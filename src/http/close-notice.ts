/** Reports the end of a connection to its `close` listeners and its `AbortSignal`. */
import { AsyncResource } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import { guard } from '../callback.js'
import { check, type Form } from '../check.js'
import type { Report } from '../report.js'
import type { CloseReason } from '../stats.js'

export type CloseListener = (reason: CloseReason) => void

const LISTENER_FORMS: Record<'event' | 'listener', Form> = {
  event: { is: "'close', the only event", test: (value) => value === 'close' },
  listener: { is: 'a function', test: (value) => typeof value === 'function' },
}

/** @throws `ERR_SSE_OPTION` for another event than `close`, or a listener that is not a function */
export function checkListener(event: unknown, listener: unknown): void {
  check('on()', { event: event ?? null, listener: listener ?? null }, LISTENER_FORMS)
}

export class CloseNotice {
  #reason: CloseReason | undefined
  #listeners: Set<CloseListener> | undefined
  #controller: AbortController | undefined
  #abort: ((reason: CloseReason) => void) | undefined

  /** Adds a listener, and returns a function that removes it. After the end, the listener is called in a microtask. */
  add(listener: CloseListener, report: Report): () => void {
    const listeners = (this.#listeners ??= new Set())
    const guarded = guard(listener, report)
    listeners.add(guarded)
    const reason = this.#reason
    // Uses a promise, because fake clocks replace `queueMicrotask`.
    if (reason !== undefined) void Promise.resolve().then(() => listeners.delete(guarded) && guarded(reason))
    return () => void listeners.delete(guarded)
  }

  /** An `AbortSignal` whose listeners run in the async context of the first call. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = (this.#controller = new AbortController())
      // Each database query of a handler may listen, so many listeners are not a leak.
      setMaxListeners(0, controller.signal)
      this.#abort = AsyncResource.bind((reason: CloseReason) => controller.abort(abortReason(reason)))
      if (this.#reason !== undefined) this.#abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Aborts the signal and calls the listeners. */
  give(reason: CloseReason): void {
    this.#reason = reason
    this.#abort?.(reason)
    const listeners = [...(this.#listeners ?? [])]
    this.#listeners?.clear()
    for (const listener of listeners) listener(reason)
  }
}

function abortReason(reason: CloseReason): DOMException {
  return new DOMException(`The event stream has closed: ${reason}`, 'AbortError')
}
