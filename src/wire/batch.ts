/**
 * Encoded events, joined and framed once for all connections that are sent the same ones.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1 for the chunked transfer coding
 */

/** An event as far as a batch is concerned. */
export interface EncodedEvent {
  /** What goes over the wire. */
  readonly text: string
  /** Length of `text` in bytes. */
  readonly bytes: number
  /** Whether a newer event of the same key is in the log. */
  readonly replaced: boolean
}

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
  /** Events left out because a newer one of the same key follows. */
  conflated = 0
  readonly #conflates: boolean
  #text = ''
  #bytes = 0
  #events = 0

  constructor({ conflates }: { conflates: boolean }) {
    this.#conflates = conflates
  }

  get isFull(): boolean {
    return this.#bytes >= FULL
  }

  /** Whether `add` would leave the event out. */
  skips(event: EncodedEvent): boolean {
    return this.#conflates && event.replaced
  }

  add(event: EncodedEvent): void {
    if (this.skips(event)) {
      this.conflated++
      return
    }
    this.#text += event.text
    this.#bytes += event.bytes
    this.#events++
  }

  /** Undefined when it holds no event. */
  build(): Batch | undefined {
    return this.#bytes === 0 ? undefined : new Batch(this.#text, this.#bytes, this.#events)
  }
}

/** 64 KiB: several times a socket's high-water mark, and small enough to hold for each of many stalled clients. */
const FULL = 64 * 1024
