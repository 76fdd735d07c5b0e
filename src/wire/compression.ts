/**
 * Compresses event streams: one block for all connections that were last sent the same bytes.
 *
 * A block of DEFLATE may refer back to what its decoder has put out before. Connections whose last common bytes are equal
 * form a cohort, and get the same block. So nothing is kept for a connection but its cohort, which has these bytes once. A
 * connection that is sent something of its own begins again without such bytes, together with all that begin in the same
 * turn. It comes back to the others when they have common bytes for a whole window.
 *
 * Each stream is one member of gzip that never ends, because browsers read only the first member. Every block ends at a
 * whole byte, so blocks can be put together in any order.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1951 for DEFLATE, and rfc1952 for gzip
 */
import { constants, deflateRawSync } from 'node:zlib'
import { Batch } from './batch.js'

export interface CompressionSettings {
  /** Level of DEFLATE, from 1 to 9. */
  readonly level: number
  /** Bytes that a block may refer back to: a power of two. */
  readonly window: number
}

/** Connections that were last sent the same bytes. */
export class Cohort {
  /** The last bytes that its connections have in common, at most a window. */
  readonly dictionary: Buffer
  /** How many connections have come to it. */
  arrivals = 0
  /** The newest batch, and what follows from it. */
  batch: Batch | undefined
  step: Step | undefined

  constructor(dictionary: Buffer) {
    this.dictionary = dictionary
  }
}

/** What a connection is sent for a batch, and the cohort that it is in afterwards. */
export interface Step {
  readonly compressed: Batch
  readonly cohort: Cohort
}

/** The header of gzip: no name, no time, an unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** Cohorts that are smaller than this share blocks without a dictionary, so that many small ones cost little. */
const SMALL_COHORT = 4
/** Bytes of a text of one connection that are not worth a block of their own. They are stored: five bytes more. */
const STORED = 256
/** Bytes of a keep-alive, and a little more: compressed, it would be larger. */
const TINY = 4
/** Memory of the compressor, as zlib counts it. It is made for each block, and more of it takes longer than it saves. */
const MEM_LEVEL = 6
/** So many blocks are made of a batch. Further cohorts begin again together, so that many of them cost no more. */
const MOST_BLOCKS = 64
/** So many cohorts are found again by their bytes. */
const REMEMBERED = 2 * MOST_BLOCKS
/** So many steps are remembered, and not more than these bytes of batches and blocks. */
const MOST_STEPS = 2 * MOST_BLOCKS
const STEP_BYTES = 1024 * 1024

/** Compresses the streams of one route. */
export class Compressor {
  /** Where a connection is that has no common bytes. */
  readonly begin = new Cohort(Buffer.alloc(0))
  readonly #settings: CompressionSettings
  /** The newest cohorts, by their bytes. */
  readonly #cohorts = new Map<string, Cohort>()
  /** Blocks without a dictionary. */
  readonly #independent = new WeakMap<Batch, Batch>()
  /** The cohorts that know a step, oldest first. Only so many do: that of a slow client would keep all later ones. */
  readonly #stepping: { cohort: Cohort; step: Step; bytes: number }[] = []
  #steppingBytes = 0
  /** The newest batch, and how many steps were made for it. */
  #batch: Batch | undefined
  #steps = 0

  constructor(settings: CompressionSettings) {
    this.#settings = settings
  }

  /** Compresses a batch that many connections get. Call it for each of them. */
  step(cohort: Cohort, batch: Batch): Step {
    // Hot path: all connections but the first of each cohort find the step.
    const step = cohort.batch === batch ? cohort.step : undefined
    return step ?? this.#newStep(cohort, batch)
  }

  /** Compresses a text of one connection. The first one begins the stream. */
  own(batch: Batch, isFirst: boolean): Batch {
    const { payload } = batch
    const block = payload.length <= STORED ? stored(payload) : this.#deflate(payload)
    return Batch.ofBytes(isFirst ? Buffer.concat([HEADER, block]) : block)
  }

  #newStep(from: Cohort, batch: Batch): Step {
    if (batch !== this.#batch) {
      this.#batch = batch
      this.#steps = 0
    }
    if (++this.#steps > MOST_BLOCKS && from !== this.begin) return this.step(this.begin, batch)
    const cohort = this.#cohort(this.#suffix(from.dictionary, batch.payload))
    const step = { compressed: this.#compress(from, batch), cohort }
    from.batch = batch
    from.step = step
    this.#remember(from, step, batch.chunk.length + step.compressed.chunk.length)
    return step
  }

  #remember(cohort: Cohort, step: Step, bytes: number): void {
    this.#stepping.push({ cohort, step, bytes })
    this.#steppingBytes += bytes
    while (this.#stepping.length > 1 && (this.#stepping.length > MOST_STEPS || this.#steppingBytes > STEP_BYTES)) {
      const oldest = this.#stepping.shift()
      this.#steppingBytes -= oldest?.bytes ?? 0
      // The cohort may have made another step since.
      if (oldest !== undefined && oldest.cohort.step === oldest.step)
        oldest.cohort.batch = oldest.cohort.step = undefined
    }
  }

  #compress({ dictionary, arrivals }: Cohort, batch: Batch): Batch {
    if (dictionary.length > 0 && arrivals >= SMALL_COHORT && batch.payload.length > TINY) {
      return asBatch(this.#deflate(batch.payload, dictionary), batch)
    }
    let compressed = this.#independent.get(batch)
    if (compressed === undefined) {
      const { payload } = batch
      compressed = asBatch(payload.length <= TINY ? stored(payload) : this.#deflate(payload), batch)
      this.#independent.set(batch, compressed)
    }
    return compressed
  }

  /** Returns the cohort with these last bytes. Cohorts that come to the same bytes on different ways become one. */
  #cohort(dictionary: Buffer): Cohort {
    const key = dictionary.toString('latin1')
    let cohort = this.#cohorts.get(key)
    if (cohort !== undefined) return cohort
    const oldest = this.#cohorts.size >= REMEMBERED ? this.#cohorts.keys().next().value : undefined
    if (oldest !== undefined) this.#cohorts.delete(oldest)
    this.#cohorts.set(key, (cohort = new Cohort(dictionary)))
    return cohort
  }

  #suffix(dictionary: Buffer, payload: Buffer): Buffer {
    const { window } = this.#settings
    const kept = Math.max(0, window - payload.length)
    return Buffer.concat([kept > 0 ? dictionary.subarray(-kept) : EMPTY, payload.subarray(-window)])
  }

  #deflate(payload: Buffer, dictionary?: Buffer): Buffer {
    const { level, window } = this.#settings
    return deflateRawSync(payload, {
      level,
      windowBits: Math.log2(window),
      memLevel: MEM_LEVEL,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary && { dictionary }),
    })
  }
}

const EMPTY = Buffer.alloc(0)

function asBatch(bytes: Buffer, { events, publishedAt }: Batch): Batch {
  return Batch.ofBytes(bytes, events, publishedAt)
}

/** A block that is not compressed: its header, its length, the complement of that, and the bytes. */
function stored(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt16LE(bytes.length, 1)
  head.writeUInt16LE(~bytes.length & 0xffff, 3)
  return Buffer.concat([head, bytes])
}
