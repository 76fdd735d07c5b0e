// Tells the retry loop what happens to the page and to the network. In Node and in workers, most of it never happens.
// @see https://html.spec.whatwg.org/multipage/document-lifecycle.html
import { longestTimer } from './backoff.js'

/** The part of a retry loop that follows the page. */
export interface PageFollower {
  offline(): void
  online(): void
  /** The page has gone into the back/forward cache, or is hidden. */
  suspend(): void
  /** The page is used again. Called more often than `suspend`. */
  wake(): void
}

/** `closeWhenHidden`: after how many ms a hidden page suspends; `false` for never. The signal ends it. */
export function followPage(follower: PageFollower, closeWhenHidden: number | false, signal: AbortSignal): void {
  // Node and React Native have none of these events.
  const page = globalThis as Partial<EventTarget> & { document?: EventTarget & { hidden?: boolean } }
  const { document } = page
  let timer: ReturnType<typeof setTimeout> | undefined
  const listen = (target: Partial<EventTarget> | undefined, type: string, listener: () => void) => {
    target?.addEventListener?.(type, listener)
    // Not by the option `signal`: the document of jsdom refuses a signal of Node.
    signal.addEventListener('abort', () => target?.removeEventListener?.(type, listener))
  }
  const suspend = () => follower.suspend()
  const wake = () => follower.wake()
  // Both events come in hidden pages too: when such a page has loaded, and when the browser lets a frozen one run for a moment.
  const onUse = () => {
    if (closeWhenHidden === false || !document?.hidden) wake()
  }
  const onVisibility = () => {
    clearTimeout(timer)
    if (!document?.hidden) wake()
    else if (closeWhenHidden !== false) timer = setTimeout(suspend, Math.min(closeWhenHidden, longestTimer))
  }
  listen(page, 'offline', () => follower.offline())
  listen(page, 'online', () => follower.online())
  // A page with an open request does not enter the back/forward cache.
  listen(page, 'pagehide', suspend)
  listen(page, 'pageshow', onUse)
  listen(document, 'resume', onUse)
  listen(document, 'visibilitychange', onVisibility)
  signal.addEventListener('abort', () => clearTimeout(timer))
  // The page may have been opened in the background.
  if (document?.hidden) onVisibility()
}
