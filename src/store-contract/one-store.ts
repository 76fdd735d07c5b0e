/** The contract of a single store. */
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import type { LogEntry } from '../log/store.js'
import { comparePositions, type Position } from '../log/position.js'
import type { Clause } from './use.js'

export const entry = (body: string, rest: Partial<LogEntry> = {}): LogEntry => ({ channel: 'a', body, ...rest })

/** A body as `encodeBody` makes it. */
export const dataOf = (text: string): string => `data: ${text}\n`

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
      deepEqual([plain?.key, plain?.id, empty?.key, empty?.id], [undefined, undefined, '', undefined])
    },
  },
  {
    name: 'a body of a million characters and a body of many lines are kept unchanged',
    run: async (open) => {
      const { store, log } = await open()
      for (const body of [dataOf('x'.repeat(1_000_000)), dataOf('y').repeat(10_000)]) {
        const stored = await log.at(await store.append(entry(body)))
        ok(stored?.body === body)
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
