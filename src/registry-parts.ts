/** Makes the parts of a registry, and connects them. */
import { Admission } from './admission.js'
import type { ChannelContext } from './channel.js'
import { CatchUp } from './delivery/catch-up.js'
import { encodeEnd } from './delivery/end-event.js'
import { Occupancy } from './delivery/occupancy.js'
import { Reader, type ReaderContext } from './delivery/reader.js'
import { Scheduler } from './delivery/scheduler.js'
import { Snapshots } from './delivery/snapshots.js'
import { Disconnects } from './disconnects.js'
import { ConnectionSet } from './http/connection-set.js'
import { Log } from './log/log.js'
import { memoryStore } from './log/memory-store.js'
import type { Store } from './log/store.js'
import { Publisher } from './publisher.js'
import type { RegistryOptions } from './registry-options.js'
import { reportTo, type Report } from './report.js'
import { resolveRegistryOptions } from './resolve-options.js'
import { Counters, type RegistryStats } from './stats.js'
import { createWarn } from './warnings.js'
import { isOneOfSeveral } from './workers.js'

export interface RegistryParts<R> {
  readonly log: Log
  readonly store: Store
  readonly counters: Counters
  readonly connections: ConnectionSet
  readonly publisher: Publisher
  readonly disconnects: Disconnects
  readonly occupancy: Occupancy
  readonly channelContext: ChannelContext
  readonly admission: Admission<R>
  readonly report: Report
}

/** Makes the parts of a registry, and starts its store. */
export function createParts<R, E extends object>(registry: R, options: RegistryOptions<E>): RegistryParts<R> {
  const { log: bounds, onError, linger, snapshot, store: given } = resolveRegistryOptions(options)
  const counters = new Counters()
  const report = reportTo(onError)
  const warn = createWarn()
  if (given === undefined && isOneOfSeveral()) warn('SSE_WORKERS')
  const store = given ?? memoryStore()
  const log = new Log(bounds)
  const scheduler = new Scheduler(log)
  const connections = new ConnectionSet({ counters, report, warn })
  const disconnects: Disconnects = new Disconnects(connections, (entry) => publisher.disconnect(entry))
  const onDisconnect = disconnects.received.bind(disconnects)
  const publisher = new Publisher({ store, log, scheduler, counters, report, warn, onDisconnect })
  const catchUp = store.catchUp && new CatchUp(store.catchUp.bind(store), report)
  const snapshots = snapshot && new Snapshots(snapshot, log, report)
  const { batches } = scheduler
  const readerContext: ReaderContext = { log, counters, scheduler, batches, report, catchUp, snapshots }
  const admission = new Admission<R>(connections, {
    registry,
    report,
    warn,
    createReader: (stream) => new Reader(stream, readerContext),
    encodeEnd: () => encodeEnd(log),
  })
  const channelContext = { publisher, log }
  const occupancy = new Occupancy({ log, scheduler, report, linger })
  const starting = publisher.start()
  if (starting !== undefined) admission.hold(starting)
  return { log, store, counters, connections, publisher, disconnects, occupancy, channelContext, admission, report }
}

/** Returns the counts of `registry.stats()`. */
export function statsOf({ counters, connections, log }: RegistryParts<unknown>): RegistryStats {
  const { gaps, resumes, closed, ...counts } = counters
  const { events, bytes, channels, evictedKeys } = log
  const { open, stalled } = connections
  const now = { connections: open, channels: channels.size, events, bytes, stalled, evictedKeys }
  return { ...now, ...counts, gaps: { ...gaps }, resumes: { ...resumes }, closed: { ...closed } }
}
