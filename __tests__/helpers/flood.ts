/** More events than may be held anywhere, for clients that do not take them, and what they may cost the server all the same. */
import { getDefaultHighWaterMark } from 'node:stream'
import { KIB, MIB } from './siege.js'

/** Bytes of an event. */
export const EVENT = 256 * KIB
/** Some 260 MB, in two seconds: far above every bound, if it were held but once for all. */
export const FLOOD = { channel: 'flood', count: 1000, bytes: EVENT, every: 1 }
/** What of it has not been collected yet. */
export const GARBAGE = 96 * MIB
/** Bounds of the server's log. */
export const registry = { bytes: 8 * MIB }

/** For each connection a batch, of 64 KiB and the rest of an event, and as much as Node takes before it says that it is full. */
const EACH = 64 * KIB + EVENT + getDefaultHighWaterMark(false)

/** The bound on memory where so many clients do not take what is published, and how it comes about. */
export function logAndBatches(clients: number): { memory: number; because: string } {
  return {
    memory: GARBAGE + registry.bytes + clients * EACH,
    because: `${GARBAGE / MIB} MiB of the flood’s garbage, the log’s \`bytes\`, and ${EACH / KIB} KiB for each connection`,
  }
}
