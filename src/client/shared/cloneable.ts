// Makes what a notice carries fit for a BroadcastChannel: errors and headers cannot always be cloned.
import type { Opened } from '../events.js'
import type { Reason, StreamState } from '../state.js'

interface ClonedOpened {
  readonly status: number
  readonly headers: [string, string][]
}

export function cloneableState(state: StreamState): StreamState {
  return 'reason' in state ? { ...state, reason: cloneableReason(state.reason) } : state
}

/** Returns the detail of a notice as a copy that can be sent. */
export function cloneableDetail(type: string, detail: unknown): unknown {
  if (type === 'open') {
    const { status, headers } = detail as Opened
    return { status, headers: [...headers] } satisfies ClonedOpened
  }
  if (type === 'statechange') return cloneableState(detail as StreamState)
  return type === 'gap' ? detail : cloneableReason(detail as Reason)
}

/** Undoes `cloneableDetail`, as far as that is possible: errors stay text. */
export function receivedDetail(type: string, detail: unknown): unknown {
  if (type !== 'open') return detail
  const { status, headers } = detail as ClonedOpened
  return { status, headers: new Headers(headers) } satisfies Opened
}

function cloneableReason(reason: Reason): Reason {
  return reason.error === undefined ? reason : { ...reason, error: textOf(reason.error) }
}

/** Apps may throw what has no text, such as an object without a prototype. */
function textOf(error: unknown): string {
  try {
    return String(error)
  } catch {
    return typeof error
  }
}
