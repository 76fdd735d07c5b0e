import { memoryStore, type LogEntry, type Position, type Store } from '../../src/index.js'

/** A memory store that tells of each entry right before the log gets it. */
export function notingStore(onAppend: (position: Position, entry: LogEntry) => void): Store {
  const store = memoryStore()
  return {
    start: (log) =>
      store.start({
        bounds: log.bounds,
        begin: log.begin.bind(log),
        append(position, entry) {
          onAppend(position, entry)
          log.append(position, entry)
        },
        skip: log.skip.bind(log),
        unavailable: log.unavailable.bind(log),
        available: log.available.bind(log),
        report: (error) => log.report(error),
      }),
    append: (entry) => store.append(entry),
    appendAll: (entries) => store.appendAll?.(entries) ?? [],
    close: () => store.close(),
  }
}
