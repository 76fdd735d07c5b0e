/** The contract of a single store. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import type { SseError } from '../errors.js'
import type { EventEntry, LogEntry, Store, StoredPosition } from '../log/store.js'
import { comparePositions, type Position } from '../log/position.js'
import type { Clause } from './use.js'

export const entry = (body: string, rest: Partial<EventEntry> = {}): EventEntry => ({ channel: 'a', body, ...rest })

/** A body as `encodeBody` makes it. */
export const dataOf = (text: string): string => `data: ${text}\n`

const keyAndId = (stored: LogEntry | undefined) => {
  const { key, id } = stored as EventEntry
  return { key, id }
}

/**
 * Appends an entry of a kind that a store need not keep. Returns undefined if the store says that it cannot.
 */
export async function appendIfSupported(store: Store, step: LogEntry): Promise<StoredPosition | undefined> {
  try {
    return await store.append(step)
  } catch (error) {
    // Compares the code, because two installed copies of the package have different classes.
    if ((error as Partial<SseError>).code === 'ERR_SSE_STORE_UNSUPPORTED') return undefined
    throw error
  }
}

export const oneStore: readonly Clause[] = [
  {
    name: 'a started store begins the log with an epoch of 7 base-36 characters',
    run: async (open) => {
      const { log } = await open()
      equal(log.begun, 1)
      match(log.epoch ?? '', /^[0-9a-z]{7}$/)
    },
  },
  {
    name: 'an appended entry is in the log unchanged, at the position that append returns',
    run: async (open) => {
      const { store, log } = await open()
      const whole = { channel: 'games/42 ⚽\n', key: 'score: 1\0', id: 'goal 7-1', body: 'event: goal\ndata: ü 🥅\n' }
      const position = await store.append(whole)
      deepEqual({ ...(await log.at(position)) }, whole)
    },
  },
  {
    name: 'an entry without key and ID has neither in the log, and an empty key is kept',
    run: async (open) => {
      const { store, log } = await open()
      const plain = await log.at(await store.append(entry(dataOf('1'))))
      const empty = await log.at(await store.append(entry(dataOf('2'), { key: '' })))
      deepEqual([plain, empty].map(keyAndId), [
        { key: undefined, id: undefined },
        { key: '', id: undefined },
      ])
    },
  },
  {
    name: 'a body of a million characters and a body of many lines are kept unchanged',
    run: async (open) => {
      const { store, log } = await open()
      for (const body of [dataOf('x'.repeat(1_000_000)), dataOf('y').repeat(10_000)]) {
        const stored = await log.at(await store.append(entry(body)))
        ok(stored !== undefined && 'body' in stored && stored.body === body)
      }
    },
  },
  {
    name: 'positions rise, and come after the beginning of the log',
    run: async (open) => {
      const { store, log } = await open()
      const positions: Position[] = [log.floor ?? { ms: -1, seq: 0 }]
      for (let i = 0; i < 100; i++) positions.push(await store.append(entry(dataOf(String(i)))))
      const rises = positions.slice(1).every((position, i) => comparePositions(position, positions[i] ?? position) > 0)
      ok(rises)
    },
  },
  {
    name: 'entries that are appended without waiting keep the order of the calls',
    run: async (open) => {
      const { store, log } = await open()
      const bodies = Array.from({ length: 1000 }, (_, i) => dataOf(String(i)))
      const positions = await Promise.all(bodies.map(async (body) => store.append(entry(body))))
      await log.until(() => log.events.length === bodies.length)
      deepEqual(log.bodies, bodies)
      const stored = log.events.map(({ position: { ms, seq } }) => ({ ms, seq }))
      deepEqual(
        stored,
        positions.map(({ ms, seq }) => ({ ms, seq })),
      )
    },
  },
  {
    name: 'a forgotten key is kept unchanged and in order with events, or it is refused',
    run: async (open) => {
      const { store, log } = await open()
      const forgotten: LogEntry = { kind: 'forget', channel: 'games/42 ⚽\n', key: '' }
      await store.append(entry(dataOf('1')))
      const position = await appendIfSupported(store, forgotten)
      await log.at(await store.append(entry(dataOf('2'))))
      const kinds = log.events.map((stored) => stored.entry.kind)
      deepEqual(kinds, position === undefined ? [undefined, undefined] : [undefined, 'forget', undefined])
      if (position !== undefined) deepEqual({ ...(await log.at(position)) }, forgotten)
    },
  },
  {
    name: 'a disconnected owner is kept unchanged, or it is refused',
    run: async (open) => {
      const { store, log } = await open()
      const disconnected: LogEntry = { kind: 'disconnect', owner: 'ann ⚽\n', by: 'abcdefg' }
      const position = await appendIfSupported(store, disconnected)
      if (position === undefined) deepEqual(log.events, [])
      else deepEqual({ ...(await log.at(position)) }, disconnected)
    },
  },
  {
    name: 'several entries that are appended in one step are in order and next to each other',
    run: async (open) => {
      const { store, log } = await open()
      if (store.appendAll === undefined) return
      const several = ['1', '2', '3'].map((text) => entry(dataOf(text), { key: text }))
      const before = store.append(entry(dataOf('0')))
      const appending = store.appendAll([...several, ...several])
      await Promise.all([before, appending, store.append(entry(dataOf('4')))])
      const positions = await appending
      await log.until(() => log.events.length === 8)
      const at = log.bodies.indexOf(dataOf('1'))
      deepEqual(log.bodies.slice(at, at + 6), [1, 2, 3, 1, 2, 3].map(String).map(dataOf))
      // A store may make its positions with a class.
      const asObject = ({ ms, seq }: Position) => ({ ms, seq })
      deepEqual(
        log.events.slice(at, at + 6).map(({ position }) => asObject(position)),
        positions.map(asObject),
      )
    },
  },
  {
    name: 'catchUp settles when there is nothing to catch up with',
    run: async (open) => {
      const { store, log } = await open()
      await log.at(await store.append(entry(dataOf('1'))))
      await store.catchUp?.()
    },
  },
  {
    name: 'a closed store appends nothing to the log, and can be closed twice',
    run: async (open) => {
      const { store, log } = await open()
      await log.at(await store.append(entry(dataOf('1'))))
      await store.close()
      const append = async () => store.append(entry(dataOf('2')))
      await append().catch(() => undefined)
      equal(log.events.length, 1)
      await store.close()
    },
  },
]
