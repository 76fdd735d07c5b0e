/**
 * Node has neither the events of a window nor a document, so the global gets an event target's methods, and a document that
 * can be hidden, for one test.
 */
import { getEventListeners } from 'node:events'
import { afterTest } from './after-test.js'

export interface PageEvents {
  readonly window: EventTarget
  readonly document: EventTarget & { hidden: boolean }
  /** Hides or shows the page, and tells the document. */
  show(isShown: boolean): void
  /** The types of events that somebody still listens to. */
  listeners(): string[]
}

const TYPES = ['online', 'offline', 'pagehide', 'pageshow', 'resume', 'visibilitychange']

export function pageEvents(): PageEvents {
  const scope = globalThis as Partial<EventTarget> & { document?: EventTarget }
  const window = new EventTarget()
  const document = Object.assign(new EventTarget(), { hidden: false })
  Object.assign(scope, {
    document,
    addEventListener: window.addEventListener.bind(window),
    removeEventListener: window.removeEventListener.bind(window),
  })
  afterTest(() => {
    delete scope.addEventListener
    delete scope.removeEventListener
    delete scope.document
  })
  return {
    window,
    document,
    show(isShown) {
      document.hidden = !isShown
      document.dispatchEvent(new Event('visibilitychange'))
    },
    listeners: () =>
      TYPES.filter((type) => [window, document].some((target) => getEventListeners(target, type).length > 0)),
  }
}
