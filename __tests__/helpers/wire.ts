/**
 * A connection in memory between an HTTP client and an HTTP server: it stops, goes on and breaks at any byte, and its
 * buffers are as small as a test wants. It needs no port and no timer, so a run is the same every time.
 */
import { Duplex } from 'node:stream'

export interface WireOptions {
  /** Bytes that the server's socket takes before `write` returns false. */
  highWaterMark: number
  /** Whether the server hears at once that its bytes were taken, or one turn of the event loop later. */
  isPrompt: boolean
}

type Done = (error?: Error | null) => void

/** What `node:http` and the package call on a socket, beside what every stream has. */
class WireEnd extends Duplex {
  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  destroySoon(): void {
    this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }
}

export class Wire {
  readonly server: WireEnd
  readonly client: WireEnd
  /** Bytes of the response that have reached the client. */
  passed = 0
  /** Whether anything has been held back. */
  hasStalled = false
  #allowed = Infinity
  #cutAt = Infinity
  #isPrompt: boolean
  #held: { chunk: Buffer; done: Done } | undefined

  constructor({ highWaterMark, isPrompt }: WireOptions) {
    this.#isPrompt = isPrompt
    this.server = new WireEnd({
      writableHighWaterMark: highWaterMark,
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => this.#carry(chunk, done),
      final: (done) => {
        this.client.push(null)
        done()
      },
      destroy: (error, done) => {
        this.#held = undefined
        // In the next turn, so that the client still reads what has reached it.
        setImmediate(() => this.client.destroy())
        done(error)
      },
    })
    this.client = new WireEnd({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.server.push(chunk)
        done()
      },
      destroy: (error, done) => {
        this.server.destroy()
        done(error)
      },
    })
    for (const end of [this.server, this.client]) end.on('error', () => undefined)
  }

  /** Lets so many more bytes through, and then none. */
  allow(bytes: number): void {
    this.#allowed = this.passed + bytes
    this.#pump()
  }

  /** Breaks when so many more bytes have passed. */
  cutAfter(bytes: number): void {
    this.#cutAt = this.passed + bytes
    this.#pump()
  }

  #carry(chunk: Buffer, done: Done): void {
    this.#held = { chunk, done }
    this.#pump()
  }

  #pump(): void {
    const held = this.#held
    if (held !== undefined) {
      const bytes = Math.min(held.chunk.length, this.#allowed - this.passed, this.#cutAt - this.passed)
      if (bytes > 0) {
        this.passed += bytes
        this.client.push(held.chunk.subarray(0, bytes))
        held.chunk = held.chunk.subarray(bytes)
      }
      if (held.chunk.length > 0) this.hasStalled = true
      else this.#taken(held.done)
    }
    if (this.passed >= this.#cutAt) this.server.destroy()
  }

  #taken(done: Done): void {
    this.#held = undefined
    if (this.#isPrompt) done()
    else setImmediate(done)
  }
}
