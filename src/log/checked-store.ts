/** Checks what a store of the app answers, so that a mistake in it is an error with a name, and no request waits for ever. */
import { isPromise } from '../callback.js'
import { SseError } from '../errors.js'
import { CheckedLog } from './checked-log.js'
import { isPosition, showPosition } from './position.js'
import type { LogEntry, Store, StoredPosition } from './store.js'

/** Wraps a store. Promises of other libraries and realms become promises of this one. */
export function checkedStore(store: Store): Store {
  return {
    start: (log) => {
      const starting: unknown = store.start(new CheckedLog(log))
      return isPromise(starting) ? Promise.resolve(starting as PromiseLike<void>) : undefined
    },
    append: (entry) => {
      const answer: unknown = store.append(entry)
      const check = (position: unknown) => requirePosition(position, entry)
      return isPromise(answer) ? Promise.resolve(answer).then(check) : check(answer)
    },
    ...(store.appendAll !== undefined && {
      appendAll: async (entries: readonly LogEntry[]) => requireAll(await store.appendAll?.(entries), entries),
    }),
    ...(store.catchUp !== undefined && {
      catchUp: async () => {
        await store.catchUp?.()
      },
    }),
    close: () => store.close(),
  }
}

/** The position of an event becomes its ID. Nobody reads that of another entry. */
function requirePosition(position: unknown, { kind }: LogEntry): StoredPosition {
  if (kind === undefined && !isPosition(position)) {
    throw wrong(`append() of the store must return the position of the event; got ${showPosition(position)}`)
  }
  return position as StoredPosition
}

function requireAll(positions: unknown, entries: readonly LogEntry[]): StoredPosition[] {
  const { length } = entries
  if (!Array.isArray(positions) || positions.length !== length || !positions.every(isPosition)) {
    const given = Array.isArray(positions) ? `[${positions.map(showPosition).join(', ')}]` : showPosition(positions)
    throw wrong(`appendAll() of the store must return the ${length} positions of the events; got ${given}`)
  }
  return positions
}

function wrong(message: string): SseError {
  return new SseError('ERR_SSE_STORE', `${message}. The store may have kept what it was given`)
}
