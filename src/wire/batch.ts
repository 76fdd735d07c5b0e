/**
 * Encoded events, joined and framed once for all connections that get the same events.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1 for the chunked transfer coding
 */

/** The part of an event that a batch uses. */
export interface EncodedEvent {
  /** The encoded event. */
  readonly text: string
  /** Length of `text` in bytes. */
  readonly bytes: number
  /** Whether a newer event of the same key is in the log. */
  readonly replaced: boolean
  /** Its place in the log. `ms`: milliseconds of the wall clock. */
  readonly position: { readonly ms: number }
}

const END_OF_CHUNK = Buffer.from('\r\n')

export class Batch {
  /** The number of events. */
  readonly events: number
  /** When the oldest event was published, in milliseconds of the wall clock. */
  readonly publishedAt: number
  /** The events as one chunk of a chunked HTTP/1.1 body. `payload` shares its memory. */
  readonly chunk: Buffer
  /** Whether other connections may get the same batch. */
  isShared = false
  #payload: Buffer | undefined

  constructor(chunk: Buffer, events = 0, publishedAt = 0) {
    this.chunk = chunk
    this.events = events
    this.publishedAt = publishedAt
  }

  /** `bytes`: the length of the text in bytes. */
  static ofText(text: string, bytes = Buffer.byteLength(text), events?: number, publishedAt?: number): Batch {
    const encoding = bytes === text.length ? 'latin1' : 'utf8'
    return new Batch(Buffer.from(`${bytes.toString(16)}\r\n${text}\r\n`, encoding), events, publishedAt)
  }

  static ofBytes(bytes: Buffer, events?: number, publishedAt?: number): Batch {
    const chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, END_OF_CHUNK])
    return new Batch(chunk, events, publishedAt)
  }

  /** The events without the framing. */
  get payload(): Buffer {
    return (this.#payload ??= this.chunk.subarray(this.chunk.indexOf('\n') + 1, -'\r\n'.length))
  }
}

/** Collects events for one batch, up to a size at which the socket should be checked. */
export class BatchBuilder {
  /** The number of events that were left out, because a newer event of the same key follows. */
  conflated = 0
  readonly #conflates: boolean
  #text = ''
  #bytes = 0
  #events = 0
  #publishedAt = 0

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
    if (this.#events === 0) this.#publishedAt = event.position.ms
    this.#text += event.text
    this.#bytes += event.bytes
    this.#events++
  }

  /** Returns the batch; undefined without events. */
  build(): Batch | undefined {
    return this.#bytes === 0 ? undefined : Batch.ofText(this.#text, this.#bytes, this.#events, this.#publishedAt)
  }
}

/** 64 KiB: several times the high-water mark of a socket, and small enough for the memory of many slow clients. */
const FULL = 64 * 1024
