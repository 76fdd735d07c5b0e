/** Undoes a compression, such as that of an app's middleware. Each piece is decompressed as soon as it has come. */
import { pipeline, type Readable } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Answer } from './answer.js'

const flush = constants.Z_SYNC_FLUSH
const decoders = {
  // A stream that is compressed for many clients at once has no end of its own.
  gzip: () => createGunzip({ flush, finishFlush: flush }),
  deflate: () => createInflate({ flush }),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
}

export function decoded({ headers, body }: Answer): Readable {
  const coding = headers['content-encoding']
  const decoder = Object.entries(decoders).find(([name]) => name === coding)?.[1]
  return decoder === undefined ? body : pipeline(body, decoder(), () => undefined)
}
