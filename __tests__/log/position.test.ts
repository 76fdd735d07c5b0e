import fc from 'fast-check'
import {
  comparePositions,
  createEpoch,
  EventIds,
  formatId,
  MAX_SEQ,
  nextPosition,
  ORIGIN,
  parseId,
  positionBefore,
  type Position,
} from '../../src/log/position.js'
import { anyCharacter } from '../helpers/arbitraries.js'

/** The last millisecond of the year 5000. */
const MAX_MS = Date.UTC(5000, 11, 31, 23, 59, 59, 999)

const position: fc.Arbitrary<Position> = fc.record({
  ms: fc.nat({ max: MAX_MS }),
  seq: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: MAX_SEQ })),
})
const epoch = fc.string({
  unit: fc.nat({ max: 35 }).map((digit) => digit.toString(36)),
  minLength: 7,
  maxLength: 7,
})

describe('positions', () => {
  it.each([
    [
      { ms: 1, seq: 9 },
      { ms: 2, seq: 0 },
    ],
    [
      { ms: 2, seq: 9 },
      { ms: 2, seq: 10 },
    ],
    [ORIGIN, { ms: 0, seq: 1 }],
    [
      { ms: 9, seq: 0 },
      { ms: 10, seq: 0 },
    ],
  ])('are ordered by number, not as text: %j before %j', (a, b) => {
    expect(comparePositions(a, b)).toBeLessThan(0)
    expect(comparePositions(b, a)).toBeGreaterThan(0)
    expect(comparePositions(a, { ...a })).toBe(0)
  })

  it('rise, whatever the clock does', () => {
    fc.assert(
      fc.property(position, fc.array(fc.nat({ max: MAX_MS })), (start, clock) => {
        let last = start
        for (const now of clock) {
          const next = nextPosition(last, now)
          expect(comparePositions(next, last)).toBeGreaterThan(0)
          expect(next.ms).toBe(Math.max(now, last.ms))
          last = next
        }
      }),
    )
  })

  it('follow the clock, and count within a millisecond', () => {
    expect(nextPosition({ ms: 5, seq: 7 }, 6)).toEqual({ ms: 6, seq: 0 })
    expect(nextPosition({ ms: 5, seq: 7 }, 5)).toEqual({ ms: 5, seq: 8 })
    expect(nextPosition({ ms: 5, seq: 7 }, 4)).toEqual({ ms: 5, seq: 8 })
  })

  it('have a direct predecessor', () => {
    fc.assert(
      fc.property(position, position, (at, other) => {
        const before = positionBefore(at)
        if (comparePositions(at, ORIGIN) === 0) return expect(before).toEqual(ORIGIN)
        expect(comparePositions(before, at)).toBeLessThan(0)
        expect(comparePositions(other, before) > 0 && comparePositions(other, at) < 0).toBe(false)
      }),
    )
    expect(positionBefore({ ms: 5, seq: 0 })).toEqual({ ms: 4, seq: MAX_SEQ })
    expect(positionBefore({ ms: 5, seq: 3 })).toEqual({ ms: 5, seq: 2 })
    expect(positionBefore({ ms: 0, seq: 1 })).toEqual(ORIGIN)
    expect(positionBefore(ORIGIN)).toEqual(ORIGIN)
  })
})

describe('an event ID', () => {
  it('is at most 24 ASCII characters, and decodes to its position and epoch', () => {
    fc.assert(
      fc.property(position, epoch, (at, log) => {
        const id = formatId(at, log)
        expect(id).toMatch(/^[0-9a-z-]{1,24}$/)
        expect(parseId(id)).toEqual({ position: at, epoch: log })
      }),
    )
    expect(formatId({ ms: MAX_MS, seq: MAX_SEQ }, 'zzzzzzz')).toHaveLength(24)
  })

  it('is the same with the milliseconds of the event before or with others', () => {
    const times = fc.array(fc.record({ ms: fc.constantFrom(0, 1, MAX_MS), seq: fc.nat({ max: 40 }) }))
    fc.assert(
      fc.property(times, epoch, (positions, log) => {
        const ids = new EventIds(log)
        const asked = positions.flatMap((at) => [at, { ...at }])
        expect(asked.map((at) => ids.of(at))).toEqual(asked.map((at) => formatId(at, log)))
      }),
    )
    expect(new EventIds('abcdefg').of(ORIGIN)).toBe('0-0-abcdefg')
  })

  it.each([
    ['nothing', ''],
    ['a number', '17'],
    ['words', 'some-thing-else'],
    ['a UUID', '6f1c2b0e-8a51-4d0c-9d55-0d3d7f6a1b2c'],
    ['no epoch', 'lz3k-0'],
    ['a short epoch', 'lz3k-0-abcdef'],
    ['a long epoch', 'lz3k-0-abcdefgh'],
    ['upper case', 'LZ3K-0-abcdefg'],
    ['a sign', '-5-0-abcdefg'],
    ['a fraction', '1.5-0-abcdefg'],
    ['a space in front', ' lz3k-0-abcdefg'],
    ['a line feed behind', 'lz3k-0-abcdefg\n'],
    ['an empty part', '-0-abcdefg'],
    ['too many milliseconds to be exact', 'zzzzzzzzzz-0-abcdefg'],
    ['too high a sequence number', 'lz3k-zzzzzzz-abcdefg'],
    ['digits of another script', '١-0-abcdefg'],
    ['four parts', 'a-b-c-abcdefg'],
    ['a megabyte', 'a'.repeat(1024 * 1024)],
  ])('is not parsed from %s', (_name, text) => {
    expect(parseId(text)).toBeUndefined()
  })

  it('is parsed from any text or not, without an error', () => {
    const similar = fc.string({ unit: fc.constantFrom('a', '0', 'z', '-', 'A', '\n', '.'), maxLength: 26 })
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: anyCharacter }), similar), (text) => {
        const parsed = parseId(text)
        if (parsed === undefined) return
        expect(Number.isSafeInteger(parsed.position.ms)).toBe(true)
        expect(parsed.position.seq).toBeLessThanOrEqual(MAX_SEQ)
        expect(parsed.epoch).toHaveLength(7)
      }),
    )
  })
})

it('an epoch is seven base-36 characters, different each time', () => {
  const epochs = Array.from({ length: 1000 }, createEpoch)
  for (const one of epochs) expect(one).toMatch(/^[0-9a-z]{7}$/)
  expect(new Set(epochs).size).toBe(1000)
})
