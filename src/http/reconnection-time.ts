/** The reconnection time that a stream sends (option `retry`), spread by the jitter of the stream: a number from 0 to 1. */
import { encodeRetry } from '../wire/format.js'

/** A shed client is asked to wait this much longer than a client whose connection broke. */
const SHED_FACTOR = 4
/** Milliseconds for shed clients if `retry` is false. */
const DEFAULT = 3000

/** Encodes a random time within ±50 % of `retry`. Returns an empty string if `retry` is false. */
export function encodeReconnectionTime(retry: number | false, jitter: number): string {
  return retry === false ? '' : encodeRetry(Math.round(retry * (0.5 + jitter)))
}

/** Encodes the longer time for a client that is shed. */
export function encodeShedTime(retry: number | false, jitter: number): string {
  return encodeReconnectionTime((retry || DEFAULT) * SHED_FACTOR, jitter)
}
