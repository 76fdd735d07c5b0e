/** The body of one response that is compressed. The cohort of the connection decides which bytes it is sent. */
import type { ServerResponse } from 'node:http'
import { Batch } from '../wire/batch.js'
import type { Cohort, Compressor } from '../wire/compression.js'
import { KEEP_ALIVE } from '../wire/format.js'
import { Output, type OutputListener } from './output.js'

/** All connections of a cohort get the same one, so that they stay together. */
const KEEP_ALIVE_BATCH = Batch.ofText(KEEP_ALIVE)
KEEP_ALIVE_BATCH.isShared = true

/** Makes the body of a response: a compressed one if there is a compressor. */
export function createOutput(
  res: ServerResponse,
  listener: OutputListener,
  compressor: Compressor | undefined,
): Output {
  return compressor === undefined ? new Output(res, listener) : new CompressedOutput(res, listener, compressor)
}

/** Whether the body is compressed. Not a field of the output, which would be larger for each connection. */
export function isCompressed(output: Output): boolean {
  return output instanceof CompressedOutput
}

class CompressedOutput extends Output {
  readonly #compressor: Compressor
  /** Undefined before the first write. */
  #cohort: Cohort | undefined

  constructor(res: ServerResponse, listener: OutputListener, compressor: Compressor) {
    super(res, listener)
    this.#compressor = compressor
  }

  override write(batch: Batch): void {
    const compressor = this.#compressor
    if (batch.isShared && this.#cohort !== undefined) {
      const { compressed, cohort } = compressor.step(this.#cohort, batch)
      cohort.arrivals++
      this.#cohort = cohort
      super.write(compressed)
    } else {
      const own = compressor.own(batch, this.#cohort === undefined)
      this.#cohort = compressor.begin
      super.write(own)
    }
  }

  override keepAlive(): void {
    this.write(KEEP_ALIVE_BATCH)
  }

  override end(text = ''): void {
    if (text !== '') this.writeText(text)
    super.end()
  }

  override endWithSocket(text = ''): void {
    if (text !== '') this.writeText(text)
    super.endWithSocket()
  }
}
