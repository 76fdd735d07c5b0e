import { memoryStore, type LogEntry, type Position, type Store } from '../../src/index.js'
import { CheckedLog } from '../../src/log/checked-log.js'

type OnAppend = (position: Position, entry: LogEntry) => void

/** A memory store that calls back with each entry right before the log gets it. */
export function notingStore(onAppend: OnAppend): Store {
  class NotingLog extends CheckedLog {
    override append(position: Position, entry: LogEntry): void {
      onAppend(position, entry)
      super.append(position, entry)
    }
  }
  const store = memoryStore()
  const start = store.start.bind(store)
  store.start = (log) => start(new NotingLog(log))
  return store
}
