// Reads compressed bodies without another thread, because a model counts the turns of the event loop.
import { constants, gunzipSync } from 'node:zlib'

/** Decodes gzip as it comes. */
export class SyncGunzip {
  readonly #decoder = new TextDecoder()
  #bytes = Buffer.alloc(0)
  #read = 0

  /** Returns the text that these bytes complete. */
  push(bytes: Buffer): string {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    const all = gunzipSync(this.#bytes, { finishFlush: constants.Z_SYNC_FLUSH })
    const text = this.#decoder.decode(all.subarray(this.#read), { stream: true })
    this.#read = all.length
    return text
  }
}

/** Takes the bytes of an HTTP/1.1 response with a chunked body, in any pieces. Returns those of the body. */
export class ChunkedBody {
  #bytes = Buffer.alloc(0)
  #hasHead = false

  push(bytes: Buffer): Buffer {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    const body: Buffer[] = []
    if (!this.#hasHead) {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end < 0) return Buffer.alloc(0)
      this.#hasHead = true
      this.#bytes = this.#bytes.subarray(end + 4)
    }
    for (;;) {
      const lineEnd = this.#bytes.indexOf('\r\n')
      const length = lineEnd < 0 ? NaN : parseInt(this.#bytes.toString('latin1', 0, lineEnd), 16)
      const end = lineEnd + 2 + length
      if (!(this.#bytes.length >= end + 2)) return Buffer.concat(body)
      body.push(this.#bytes.subarray(lineEnd + 2, end))
      this.#bytes = this.#bytes.subarray(end + 2)
    }
  }
}
