/** Tells whoever wants to know that a connection has closed: listeners, and an `AbortSignal` for all that takes one. */
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

/** Throws an `SseError` for another event, or for what is no listener. */
export function checkListener(event: unknown, listener: unknown): void {
  check('on()', { event: event ?? null, listener: listener ?? null }, LISTENER_FORMS)
}

export class CloseNotice {
  #reason: CloseReason | undefined
  #listeners: Set<CloseListener> | undefined
  #controller: AbortController | undefined
  #abort: ((reason: CloseReason) => void) | undefined

  /** A listener that comes too late is called all the same, in a microtask. Returns the function that takes it back. */
  add(listener: CloseListener, report: Report): () => void {
    const listeners = (this.#listeners ??= new Set())
    const guarded = guard(listener, report)
    listeners.add(guarded)
    const reason = this.#reason
    // Not `queueMicrotask`, which fake clocks replace.
    if (reason !== undefined) void Promise.resolve().then(() => listeners.delete(guarded) && guarded(reason))
    return () => void listeners.delete(guarded)
  }

  /** Its listeners run in the async context in which it was first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = (this.#controller = new AbortController())
      // Each query that works for the connection may listen: many are no leak.
      setMaxListeners(0, controller.signal)
      this.#abort = AsyncResource.bind((reason: CloseReason) => controller.abort(abortReason(reason)))
      if (this.#reason !== undefined) this.#abort(this.#reason)
    }
    return this.#controller.signal
  }

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
