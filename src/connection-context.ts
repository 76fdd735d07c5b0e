/** What all connections of a registry share. */
import type { Reader } from './delivery/reader.js'
import type { Stream } from './http/stream.js'
import type { Report } from './report.js'
import type { Warn } from './warnings.js'

export interface ConnectionContext<R> {
  readonly registry: R
  readonly report: Report
  readonly warn: Warn
  createReader(stream: Stream): Reader
  /** Encodes `sse-end` for a connection that has caught up. */
  encodeEnd(): string
}
