import { constants, createGunzip } from 'node:zlib'

/** Decodes a chunked body that is compressed with gzip, piece by piece as it comes. */
export class CompressedBody {
  #gunzip
  #rest = Buffer.alloc(0)

  constructor(onBytes) {
    this.#gunzip = createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH })
    this.#gunzip.on('data', onBytes)
    this.#gunzip.on('error', (error) => setImmediate(() => Promise.reject(error)))
  }

  push(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]) // a copy: what was read lies in a buffer that is used again
    for (;;) {
      const lineEnd = this.#rest.indexOf('\r\n')
      if (lineEnd === -1) return
      const start = lineEnd + 2
      const end = start + parseInt(this.#rest.toString('latin1', 0, lineEnd), 16)
      if (this.#rest.length < end + 2) return
      if (end > start) this.#gunzip.write(this.#rest.subarray(start, end))
      this.#rest = this.#rest.subarray(end + 2)
    }
  }

  close() {
    this.#gunzip.destroy()
  }
}
