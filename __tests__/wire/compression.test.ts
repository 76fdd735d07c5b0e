// Compression once for all: what each connection is sent, decoded as its client does.
import { constants, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Batch } from '../../src/wire/batch.js'
import { Compressor, type Cohort, type CompressionSettings } from '../../src/wire/compression.js'
import { anyCharacter } from '../helpers/arbitraries.js'

const SETTINGS: CompressionSettings = { level: 6, window: 512 }

/** A connection: what it was sent, and what a client makes of it. */
class Receiver {
  cohort: Cohort | undefined
  /** All that it should read. */
  plain = ''
  readonly #compressor: Compressor
  readonly #blocks: Buffer[] = []

  constructor(compressor: Compressor) {
    this.#compressor = compressor
  }

  get compressed(): Buffer {
    return Buffer.concat(this.#blocks)
  }

  get decoded(): string {
    return gunzipSync(this.compressed, { finishFlush: constants.Z_SYNC_FLUSH }).toString()
  }

  own(text: string): Buffer {
    const { payload } = this.#compressor.own(Batch.ofText(text), this.cohort === undefined)
    this.cohort = this.#compressor.begin
    return this.#add(text, payload)
  }

  shared(batch: Batch): Buffer {
    const { compressed, cohort } = this.#compressor.step(this.cohort!, batch)
    cohort.arrivals++
    this.cohort = cohort
    return this.#add(batch.payload.toString(), compressed.payload)
  }

  #add(text: string, block: Buffer): Buffer {
    this.plain += text
    this.#blocks.push(block)
    return block
  }
}

/** Receivers that have got a head, as a connection does when it opens. */
function receivers(count: number, settings = SETTINGS): Receiver[] {
  const compressor = new Compressor(settings)
  return Array.from({ length: count }, (_, i) => {
    const receiver = new Receiver(compressor)
    receiver.own(`retry: ${2000 + i}\n\n`)
    return receiver
  })
}

const event = (number: number) =>
  Batch.ofText(`event: score\ndata: {"game":"brazil-germany-2014","home":${number},"away":1}\nid: ${number}\n\n`)

describe('a compressed stream', () => {
  it('is decoded to what was written, whatever each connection gets', () => {
    const step = fc.record({
      /** Who gets a batch that others get too; none of them: everybody. */
      skip: fc.subarray([0, 1, 2, 3, 4, 5]),
      text: fc.oneof(
        fc.integer({ min: 0, max: 99 }).map((n) => event(n).payload.toString()),
        fc.constant(':\n'),
        fc.string({ minLength: 1, maxLength: 1500, unit: anyCharacter }),
      ),
      own: fc.option(
        fc.record({ who: fc.nat(5), text: fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' }) }),
        { freq: 3 },
      ),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom(512, 1024, 32_768), (steps, window) => {
        const all = receivers(6, { level: 6, window })
        for (const { skip, text, own } of steps) {
          const batch = Batch.ofText(text.toWellFormed())
          all.forEach((receiver, i) => skip.includes(i) || receiver.shared(batch))
          if (own !== null) all[own.who]!.own(own.text.toWellFormed())
        }
        for (const { decoded, plain } of all) expect(decoded).toBe(plain)
      }),
    )
  })

  it('is one block, made once, for all connections with the same last bytes', () => {
    const all = receivers(6)
    for (let n = 0; n < 30; n++) {
      const batch = event(n)
      expect(new Set(all.map((receiver) => receiver.shared(batch))).size).toBe(1)
    }
  })

  it('refers back to earlier events, so that it is much smaller', () => {
    const all = receivers(6, { level: 6, window: 4096 })
    const sizes = Array.from({ length: 40 }, (_, n) => {
      const batch = event(n)
      return { plain: batch.payload.length, blocks: all.map((receiver) => receiver.shared(batch).length) }
    })
    const { plain, blocks } = sizes.at(-1)!
    for (const block of blocks) expect(block / plain).toBeLessThan(0.35)
  })

  it('of a newcomer joins that of the others after a window of common bytes', () => {
    const compressor = new Compressor(SETTINGS)
    const old = Array.from({ length: 5 }, () => new Receiver(compressor))
    for (const receiver of old) receiver.own('retry: 1\n\n')
    const publish = (receivers: Receiver[], from: number, bytes: number) => {
      for (let sent = 0, n = from; sent < bytes; n++) {
        const batch = event(n)
        sent += batch.payload.length
        for (const receiver of receivers) receiver.shared(batch)
      }
    }
    publish(old, 0, 2000)
    const newcomer = new Receiver(compressor)
    newcomer.own('retry: 2\n\n')
    publish([...old, newcomer], 100, SETTINGS.window - 100)
    expect(newcomer.cohort).not.toBe(old[0]!.cohort)
    publish([...old, newcomer], 200, 200)
    expect(newcomer.cohort).toBe(old[0]!.cohort)
    for (const { decoded, plain } of [...old, newcomer]) expect(decoded).toBe(plain)
  })

  it('of a connection that was sent something of its own comes back to the others', () => {
    const all = receivers(5)
    const batches = Array.from({ length: 20 }, (_, n) => event(n))
    for (const batch of batches) for (const receiver of all) receiver.shared(batch)
    all[0]!.own('event: hello\ndata: you\n\n')
    for (const batch of batches) for (const receiver of all) receiver.shared(batch)
    expect(new Set(all.map(({ cohort }) => cohort)).size).toBe(1)
    for (const { decoded, plain } of all) expect(decoded).toBe(plain)
  })

  it('takes at most eight bytes for a keep-alive', () => {
    const all = receivers(5)
    const keepAlive = Batch.ofText(':\n')
    for (let round = 0; round < 3; round++) {
      for (const receiver of all) expect(receiver.shared(keepAlive).length).toBeLessThanOrEqual(8)
    }
    for (const { decoded, plain } of all) expect(decoded).toBe(plain)
  })

  it('shares blocks without a dictionary among small cohorts', () => {
    const compressor = new Compressor(SETTINGS)
    const newcomers: Receiver[] = []
    for (let n = 0; n < 5; n++) {
      const newcomer = new Receiver(compressor)
      newcomer.own('retry: 1\n\n')
      newcomers.push(newcomer)
      const batch = event(n)
      const blocks = newcomers.map((receiver) => receiver.shared(batch))
      for (const block of blocks) expect(block.equals(blocks[0]!)).toBe(true)
    }
    for (const { decoded, plain } of newcomers) expect(decoded).toBe(plain)
  })

  it('makes a bounded number of blocks of a batch, however many cohorts there are', () => {
    const all = receivers(200)
    all.forEach((receiver, i) => {
      receiver.shared(event(1000 + i))
      receiver.shared(event(2000 + i))
    })
    const cohorts = Array.from({ length: 3 }, (_, n) => {
      const batch = event(n)
      const blocks = new Set(all.map((receiver) => receiver.shared(batch)))
      expect(blocks.size).toBeLessThanOrEqual(65)
      return new Set(all.map(({ cohort }) => cohort)).size
    })
    expect(Math.max(...cohorts)).toBeLessThanOrEqual(65)
    for (const { decoded, plain } of all) expect(decoded).toBe(plain)
  })

  it('lets go of large batches', () => {
    const [receiver] = receivers(1) as [Receiver]
    const before = Array.from({ length: 5 }, (_, n) => {
      const { cohort } = receiver
      receiver.shared(Batch.ofText(`data: ${String(n).repeat(600_000)}\n\n`))
      return cohort!
    })
    expect(before.map(({ batch, step }) => [batch !== undefined, step !== undefined])).toEqual([
      ...Array.from({ length: 4 }, () => [false, false]),
      [true, true],
    ])
  })

  it('keeps little for a client that stays behind while the others go on', () => {
    const [slow, ...others] = receivers(8) as [Receiver, ...Receiver[]]
    for (let n = 0; n < 1000; n++) {
      const batch = event(n)
      for (const receiver of others) receiver.shared(batch)
      if (n < 10) slow.shared(batch)
    }
    let [known, cohort] = [0, slow.cohort]
    for (; cohort?.step !== undefined; known++) cohort = cohort.step.cohort
    expect(known).toBeLessThanOrEqual(128)
  })
})
