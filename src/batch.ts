/**
 * Encoded events made ready for a socket, once for all connections that are to get the same ones.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1 for the chunked transfer coding
 */
import type { LogEvent } from './channel-log.js'

export class Batch {
  /** How many events it holds. */
  readonly events: number
  /** The events as one chunk of an HTTP/1.1 chunked body: the same memory, framing included. */
  readonly chunk: Buffer
  #payload: Buffer | undefined

  constructor(text: string, bytes: number, events: number) {
    this.events = events
    this.chunk = Buffer.from(`${bytes.toString(16)}\r\n${text}\r\n`, bytes === text.length ? 'latin1' : 'utf8')
  }

  /** The events alone. */
  get payload(): Buffer {
    return (this.#payload ??= this.chunk.subarray(this.chunk.indexOf('\n') + 1, -'\r\n'.length))
  }
}

/** Collects events for one batch, up to a size at which the socket is asked whether it can take more. */
export class BatchBuilder {
  /** Events left out because a newer one of the same key is on its way. */
  conflated = 0
  #text = ''
  #bytes = 0
  #events = 0

  get isFull(): boolean {
    return this.#bytes >= FULL
  }

  add(event: LogEvent): void {
    this.#text += event.text
    this.#bytes += event.bytes
    this.#events++
  }

  /** Undefined when there is nothing in it. */
  build(): Batch | undefined {
    return this.#bytes === 0 ? undefined : new Batch(this.#text, this.#bytes, this.#events)
  }
}

/** 64 KiB: several times a socket's high-water mark, and little enough to hold for each of many stalled clients. */
const FULL = 64 * 1024
