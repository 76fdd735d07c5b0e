/** The contract of stores that share a log between processes. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { comparePositions } from '../log/position.js'
import type { StoredEvent } from '../log/store.js'
import { appendIfSupported, dataOf, entry } from './one-store.js'
import type { RecordingLog } from './recording-log.js'
import type { Clause } from './use.js'

/** The latest event of a key, as a log computes it from what a store has given it. */
function latestOf(key: string, { latest, events }: RecordingLog): StoredEvent | undefined {
  let found: StoredEvent | undefined
  for (const { position, entry } of [...latest, ...events]) {
    if (!('channel' in entry) || entry.channel !== 'a' || entry.key !== key) continue
    found = entry.kind === 'forget' ? undefined : { position, entry }
  }
  return found
}

export const sharedLog: readonly Clause[] = [
  {
    name: 'stores that share a log have one epoch',
    run: async (open) => {
      const [one, other] = [await open(), await open()]
      equal(one.log.epoch, other.log.epoch)
    },
  },
  {
    name: 'concurrent appends of several stores are in every log, once and in the same order',
    run: async (open) => {
      const all = [await open(), await open(), await open()]
      const appends = all.flatMap(({ store }, p) =>
        Array.from({ length: 200 }, async (_, i) => store.append(entry(dataOf(`${p}.${i}`)))),
      )
      await Promise.all(appends)
      const [first, ...others] = all.map(({ log }) => log)
      for (const { log } of all) await log.until(() => log.events.length === appends.length)
      equal(new Set(first?.bodies).size, appends.length)
      for (const other of others) deepEqual(other.events, first?.events)
    },
  },
  {
    name: 'a disconnected owner is in every log, once and in order with events',
    run: async (open) => {
      const [one, other] = [await open(), await open()]
      await one.store.append(entry(dataOf('1')))
      const position = await appendIfSupported(one.store, { kind: 'disconnect', owner: 'ann', by: 'abcdefg' })
      if (position === undefined) return
      const last = await one.store.append(entry(dataOf('2')))
      for (const { log } of [one, other]) {
        await log.at(last)
        deepEqual(
          log.events.map((stored) => stored.entry.kind),
          [undefined, 'disconnect', undefined],
        )
      }
    },
  },
  {
    name: 'several entries that stores append in one step at the same time are never mixed',
    run: async (open) => {
      const all = [await open(), await open(), await open()]
      const lists = Array.from({ length: 60 }, (_, i) => [0, 1, 2, 3, 4].map((n) => dataOf(`${i}.${n}`)))
      const appends = all.map(async ({ store }, p) => {
        for (const bodies of lists.filter((_, i) => i % all.length === p)) {
          await Promise.all([
            store.appendAll?.(bodies.map((body) => entry(body))),
            store.append(entry(dataOf('between'))),
          ])
        }
      })
      await Promise.all(appends)
      if (all.some(({ store }) => store.appendAll === undefined)) return
      for (const { log } of all) {
        await log.until(() => log.events.length === 6 * lists.length)
        const begins = lists.map(([first = '']) => log.bodies.indexOf(first))
        deepEqual(
          begins.map((at) => log.bodies.slice(at, at + 5)),
          lists,
        )
      }
    },
  },
  {
    name: 'a store that starts later loads all earlier events, from the same beginning',
    run: async (open) => {
      const first = await open()
      const beginning = first.log.floor
      for (const i of [1, 2, 3]) await first.store.append(entry(dataOf(String(i))))
      const { log } = await open()
      deepEqual(log.bodies, [1, 2, 3].map(String).map(dataOf))
      ok(beginning !== undefined && log.floor !== undefined && comparePositions(log.floor, beginning) <= 0)
    },
  },
  {
    name: 'a store that starts later loads the latest event of each key, at its original position',
    run: async (open) => {
      const { store } = await open()
      const old = await store.append(entry(dataOf('old'), { key: 'k' }))
      const newest = await store.append(entry(dataOf('new'), { key: 'k', id: 'own' }))
      const { log } = await open()
      const last = latestOf('k', log)
      deepEqual({ ...last?.entry }, { ...entry(dataOf('new'), { key: 'k', id: 'own' }) })
      deepEqual(last?.position, { ms: newest.ms, seq: newest.seq })
      ok([...log.latest, ...log.events].every(({ position }) => comparePositions(position, old) >= 0))
    },
  },
  {
    name: 'a key that was forgotten has no latest event in any log, until it is published again',
    run: async (open) => {
      const [{ store }, other] = [await open(), await open()]
      for (const key of ['k', 'l']) await store.append(entry(dataOf('1'), { key }))
      const forgotten = { kind: 'forget', channel: 'a', key: 'k' } as const
      if ((await appendIfSupported(store, forgotten)) === undefined) return
      await appendIfSupported(store, { ...forgotten, key: 'unknown' })
      const logs = async () => [other.log, (await open()).log]
      await other.log.at(await store.append(entry(dataOf('2'))))
      for (const log of await logs())
        deepEqual([latestOf('k', log), latestOf('l', log)?.entry.body], [undefined, dataOf('1')])
      await other.log.at(await store.append(entry(dataOf('3'), { key: 'k' })))
      for (const log of await logs()) equal(latestOf('k', log)?.entry.body, dataOf('3'))
    },
  },
  {
    name: 'catchUp settles when the log holds what other stores appended before the call',
    run: async (open) => {
      const [one, other] = [await open(), await open()]
      for (let i = 0; i < 20; i++) {
        const position = await one.store.append(entry(dataOf(String(i))))
        await other.store.catchUp?.()
        const has = other.log.events.some((event) => comparePositions(event.position, position) === 0)
        ok(has)
      }
    },
  },
]
