/**
 * Snapshots of channels: the state as the app knows it, each with the position that was read before the state. So a
 * snapshot is used like a last event ID: a cursor resumes after its position.
 *
 * A snapshot is loaded and encoded once for all connections, and is used until history has evicted an event after its
 * position.
 */
import { AsyncResource } from 'node:async_hooks'
import { SseError } from '../errors.js'
import type { ChannelLog } from '../log/channel-log.js'
import type { Log } from '../log/log.js'
import { comparePositions } from '../log/position.js'
import type { Report } from '../report.js'
import type { ResolvedSnapshotOptions, SnapshotMessages } from '../snapshot-options.js'
import { after } from '../timers.js'
import { encodeSnapshot, type Snapshot } from './snapshot.js'

/** `none`: the app has no snapshot of the channel. `failed`: it could not be loaded, which was reported. */
export type LoadedSnapshot = Snapshot | 'none' | 'failed'
export type SnapshotWaiter = (loaded: LoadedSnapshot) => void

/** The part of the bytes of the log that snapshots may take. */
const SHARE = 1 / 4

export class Snapshots {
  readonly #log: Log
  readonly #report: Report
  readonly #timeout: number
  readonly #load: ResolvedSnapshotOptions['load']
  /** By name of the channel, in the order in which they were loaded. */
  readonly #loaded = new Map<string, Snapshot>()
  /** The waiters of each call of the app that runs, by name of the channel. */
  readonly #loading = new Map<string, Set<SnapshotWaiter>>()

  constructor({ load, timeout }: ResolvedSnapshotOptions, log: Log, report: Report) {
    this.#log = log
    this.#report = report
    this.#timeout = timeout
    this.#load = AsyncResource.bind(load)
  }

  /** Returns the snapshot of a channel, if history holds all events after it. */
  get(channel: ChannelLog): Snapshot | undefined {
    const snapshot = this.#loaded.get(channel.name)
    if (snapshot === undefined || this.isCovered(snapshot, channel)) return snapshot
    this.#drop(snapshot)
    return undefined
  }

  /** Calls `waiter` with the snapshot of a channel. Calls of several waiters share one call of the app. */
  load({ name }: ChannelLog, waiter: SnapshotWaiter): void {
    const waiters = this.#loading.get(name)
    if (waiters !== undefined) waiters.add(waiter)
    else void this.#run(name, new Set([waiter]))
  }

  cancel({ name }: ChannelLog, waiter: SnapshotWaiter): void {
    this.#loading.get(name)?.delete(waiter)
  }

  /** Whether history holds all events of the channel after the snapshot. */
  isCovered({ position, generation }: Snapshot, channel: ChannelLog): boolean {
    return generation === this.#log.generation && comparePositions(position, channel.floor) >= 0
  }

  /** Loads the snapshot of a channel, and gives it to the waiters. */
  async #run(name: string, waiters: Set<SnapshotWaiter>): Promise<void> {
    const { last: position, generation } = this.#log
    this.#loading.set(name, waiters)
    let loaded: LoadedSnapshot
    try {
      const messages = await this.#callApp(name)
      // The log began again, so the position belongs to an earlier log.
      if (generation !== this.#log.generation) {
        await this.#run(name, waiters)
        return
      }
      loaded = messages === undefined ? 'none' : encodeSnapshot(messages, { name, position, generation })
      if (loaded !== 'none') this.#keep(loaded)
    } catch (error) {
      loaded = 'failed'
      this.#report(error)
    }
    if (this.#loading.get(name) === waiters) this.#loading.delete(name)
    for (const waiter of waiters) waiter(loaded)
  }

  #callApp(name: string): Promise<SnapshotMessages> {
    return new Promise((resolve, reject) => {
      const controller = new AbortController()
      const timer = after(this.#timeout, () => {
        const error = late(name, this.#timeout)
        reject(error)
        controller.abort(error)
      })
      const call = async () => this.#load(name, controller.signal)
      void call()
        .then(resolve, reject)
        .finally(() => timer.stop())
    })
  }

  /** Keeps a snapshot for later clients. Throws if history holds too little to go on from it. */
  #keep(snapshot: Snapshot): void {
    const channel = this.#log.channels.get(snapshot.name)
    // Without a channel, all clients that waited have gone.
    if (channel === undefined) return
    if (!this.isCovered(snapshot, channel)) throw tooSlow(snapshot.name)
    const previous = this.#loaded.get(snapshot.name)
    if (previous !== undefined) this.#drop(previous)
    const { bytes } = this.#log.bounds
    if (snapshot.size > bytes * SHARE) return
    this.#loaded.set(snapshot.name, snapshot)
    this.#log.snapshotBytes += snapshot.size
    for (const oldest of this.#loaded.values()) {
      if (this.#log.snapshotBytes <= bytes * SHARE) return
      this.#drop(oldest)
    }
  }

  #drop(snapshot: Snapshot): void {
    this.#loaded.delete(snapshot.name)
    this.#log.snapshotBytes -= snapshot.size
  }
}

function tooSlow(name: string): SseError {
  const reason = 'history evicted events of the channel meanwhile; make it faster, or raise history'
  return new SseError('ERR_SSE_SNAPSHOT', `snapshot.load("${name}") took too long: ${reason}`)
}

function late(name: string, timeout: number): SseError {
  return new SseError('ERR_SSE_SNAPSHOT', `snapshot.load("${name}") did not settle within ${timeout} ms`)
}
