/** Makes the parts of a registry, connects them, and closes them. */
import { Admission, publishAdmission } from './admission.js'
import type { ChannelContext } from './channel.js'
import { CatchUp } from './delivery/catch-up.js'
import { encodeEnd } from './delivery/end-event.js'
import { Occupancy } from './delivery/occupancy.js'
import { Reader, type ReaderContext } from './delivery/reader.js'
import { Scheduler } from './delivery/scheduler.js'
import { Snapshots } from './delivery/snapshots.js'
import { Disconnects } from './disconnects.js'
import { ConnectionSet } from './http/connection-set.js'
import { publishInspection } from './inspection.js'
import { checkedStore } from './log/checked-store.js'
import { Log } from './log/log.js'
import { memoryStore } from './log/memory-store.js'
import type { Store } from './log/store.js'
import { Publisher } from './publisher.js'
import type { RegistryOptions } from './registry-options.js'
import { reportTo } from './report.js'
import { resolveRegistryOptions } from './resolve-options.js'
import { Counters } from './stats.js'
import { createWarn } from './warnings.js'
import { isOneOfSeveral } from './workers.js'

export interface RegistryParts {
  readonly log: Log
  readonly store: Store
  readonly counters: Counters
  readonly connections: ConnectionSet
  readonly publisher: Publisher
  readonly disconnects: Disconnects
  readonly occupancy: Occupancy
  readonly channelContext: ChannelContext
}

/** Makes the parts of a registry, and starts its store. */
export function createParts<E extends object>(registry: object, options: RegistryOptions<E>): RegistryParts {
  const { log: bounds, coalesce, onError, linger, snapshot, store: given } = resolveRegistryOptions(options)
  const counters = new Counters()
  const report = reportTo(onError)
  const warn = createWarn()
  if (given === undefined && isOneOfSeveral()) warn('SSE_WORKERS')
  const store = given === undefined ? memoryStore() : checkedStore(given)
  const log = new Log(bounds)
  const scheduler = new Scheduler(log, { coalesce })
  const connections = new ConnectionSet({ registry, counters, report, warn })
  const disconnects: Disconnects = new Disconnects(connections, (entry) => publisher.disconnect(entry))
  const onDisconnect = disconnects.received.bind(disconnects)
  const publisher = new Publisher({ registry, store, log, scheduler, counters, report, warn, onDisconnect })
  const catchUp = store.catchUp && new CatchUp(store.catchUp.bind(store), report)
  const snapshots = snapshot && new Snapshots(snapshot, log, report)
  const { batches } = scheduler
  const readerContext: ReaderContext = { log, counters, scheduler, batches, report, catchUp, snapshots }
  const admission = new Admission(connections, {
    registry,
    report,
    warn,
    createReader: (stream) => new Reader(stream, readerContext),
    encodeEnd: () => encodeEnd(log),
  })
  publishAdmission(registry, admission)
  publishInspection(registry, log, publisher)
  const channelContext = { publisher, log }
  const occupancy = new Occupancy({ log, scheduler, report, linger })
  const starting = publisher.start()
  if (starting !== undefined) admission.hold(starting)
  return { log, store, counters, connections, publisher, disconnects, occupancy, channelContext }
}

/** Closes the parts of a registry, and its store last. Connections are gone after `grace` milliseconds at the latest. */
export async function closeParts(
  { publisher, occupancy, connections, store }: RegistryParts,
  grace: number | false,
): Promise<void> {
  publisher.close()
  occupancy.close()
  await connections.close(grace)
  await store.close()
}
