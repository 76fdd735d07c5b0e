export { sse, type SseMiddleware, type SseOptions } from './middleware.js'
export type { SseRequest, SseResponse } from './exchange.js'
export type { StreamHandler } from './handler.js'
export { createRegistry } from './create-registry.js'
export type { ChannelRegistry, Connection } from './registry.js'
export type { RegistryOptions } from './registry-options.js'
export type { CompressOptions, StreamOptions } from './stream-options.js'
export type { CloseOptions, DrainOptions } from './drain-options.js'
export type { ConnectionsOptions, DisconnectOptions } from './owner-options.js'
export type { Channel } from './channel.js'
export type { OccupancyListener } from './delivery/occupancy.js'
export type { SnapshotMessages, SnapshotOptions } from './snapshot-options.js'
export type { StartFrom, SubscribeOptions } from './subscribe-options.js'
export type { AnyEvents, Message } from './wire/format.js'
export type { ChannelMessage } from './message-list.js'
export type { EventFilter, PublishedEvent } from './log/published-event.js'
export type { MetricsOptions } from './registry-metrics.js'
export type { DiagnosticsMessages } from './diagnostics-messages.js'
export type { CloseReason, GapReason, RegistryStats, ShedReason, StoreState } from './stats.js'
export type {
  DisconnectEntry,
  EventEntry,
  ForgetEntry,
  HeldEvents,
  HistoryBounds,
  LogBounds,
  LogEntry,
  Store,
  StoredEntry,
  StoredEvent,
  StoredPosition,
  StoreLog,
  UnknownEntry,
} from './log/store.js'
export { createEpoch, nextPosition, type Position } from './log/position.js'
export { SseError, type SseErrorCode } from './errors.js'
export { memoryStore } from './log/memory-store.js'
export type { SseWarningCode } from './warnings.js'
