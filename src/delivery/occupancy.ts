/**
 * Tells listeners which channels have subscribers in this process: `registry.whileOccupied()`.
 *
 * Compares states instead of counting joins and leaves. So a channel that is left and joined within one turn of the event
 * loop changes nothing, and no listener runs in the middle of `subscribe`.
 */
import { AsyncResource } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import { isPromise } from '../callback.js'
import { check, type Form } from '../check.js'
import type { Log } from '../log/log.js'
import type { Report } from '../report.js'
import { after, type Timer } from '../timers.js'
import type { Scheduler } from './scheduler.js'

/**
 * Listener of `registry.whileOccupied()`: works for a channel while it has subscribers. The signal is aborted when the
 * channel has had none for `linger`. Runs in the async context of `whileOccupied`.
 */
export type OccupancyListener = (channel: string, signal: AbortSignal) => unknown

const FORMS: Record<'listener', Form> = {
  listener: { is: 'a function', test: (value) => typeof value === 'function' },
}

/** What all listeners of a registry share. */
export interface OccupancyContext {
  readonly log: Log
  readonly scheduler: Scheduler
  readonly report: Report
  /** Milliseconds without a subscriber after which a channel is vacated. */
  readonly linger: number
}

export class Occupancy {
  readonly #context: OccupancyContext
  readonly #watches = new Set<Watch>()
  /** Channels that have got their first subscriber, or lost their last one, since the last update. */
  readonly #changed = new Set<string>()
  #isClosed = false

  constructor(context: OccupancyContext) {
    this.#context = context
  }

  /**
   * Adds a listener. Returns the function that removes it and aborts its signals.
   *
   * @throws `ERR_SSE_OPTION` for a listener that is not a function
   */
  add(listener: OccupancyListener): () => void {
    check('whileOccupied()', { listener: (listener as unknown) ?? null }, FORMS)
    if (this.#isClosed) return () => undefined
    const { log, scheduler } = this.#context
    const watch = new Watch(listener, this.#context)
    this.#watches.add(watch)
    scheduler.onOccupancyChange = (channel) => this.#change(channel)
    for (const { name, readers } of log.channels.values()) if (readers > 0) this.#change(name)
    return () => this.#remove(watch)
  }

  /** Removes all listeners and aborts their signals, because the registry is closed. */
  close(): void {
    this.#isClosed = true
    for (const watch of this.#watches) this.#remove(watch)
  }

  #remove(watch: Watch): void {
    this.#watches.delete(watch)
    // Without listeners, subscribing and leaving must cost nothing.
    if (this.#watches.size === 0) this.#context.scheduler.onOccupancyChange = undefined
    watch.close()
  }

  #change(channel: string): void {
    // Uses a promise, because fake clocks replace `queueMicrotask`.
    if (this.#changed.size === 0) void Promise.resolve().then(() => this.#update())
    this.#changed.add(channel)
  }

  #update(): void {
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const channel of changed) for (const watch of this.#watches) watch.update(channel)
  }
}

/** The call of a listener for one channel. */
interface Run {
  readonly controller: AbortController
  /** Set while the channel has no subscriber. */
  timer: Timer | undefined
}

/** One listener and its calls. */
class Watch {
  readonly #context: OccupancyContext
  readonly #runs = new Map<string, Run>()
  readonly #call: OccupancyListener
  /** Runs the abort listeners of the app in the async context of `whileOccupied`. */
  readonly #abort: (controller: AbortController, why: string) => void

  constructor(listener: OccupancyListener, context: OccupancyContext) {
    this.#context = context
    this.#call = AsyncResource.bind(listener)
    this.#abort = AsyncResource.bind((controller: AbortController, why: string) => controller.abort(abortReason(why)))
  }

  /** Begins or ends the call for a channel. */
  update(channel: string): void {
    const { log, linger } = this.#context
    const isOccupied = (log.channels.get(channel)?.readers ?? 0) > 0
    const run = this.#runs.get(channel)
    if (run === undefined) {
      if (isOccupied) this.#begin(channel)
      return
    }
    run.timer?.stop()
    run.timer = undefined
    if (isOccupied) return
    if (linger === 0) this.#end(channel, run)
    else run.timer = after(linger, () => this.#end(channel, run))
  }

  close(): void {
    for (const [channel, run] of this.#runs) {
      run.timer?.stop()
      this.#end(channel, run, 'whileOccupied() has ended')
    }
  }

  #begin(channel: string): void {
    const controller = new AbortController()
    const { signal } = controller
    this.#runs.set(channel, { controller, timer: undefined })
    // Each query of a listener may listen, so many listeners are not a leak.
    setMaxListeners(0, signal)
    const fail = (error: unknown) => isOwnAbort(error, signal) || this.#context.report(error)
    try {
      const result = this.#call(channel, signal)
      if (isPromise(result)) void Promise.resolve(result).catch(fail)
    } catch (error) {
      fail(error)
    }
  }

  #end(channel: string, { controller }: Run, why = 'the channel has no subscribers'): void {
    this.#runs.delete(channel)
    this.#abort(controller, why)
  }
}

/**
 * Whether an error only says that the signal was aborted: a `fetch` or a timer that got the signal rejects with one. Checks
 * the name, because the error may be of another realm.
 */
function isOwnAbort(error: unknown, { aborted, reason }: AbortSignal): boolean {
  try {
    return aborted && (error === reason || (error as { name?: unknown } | null | undefined)?.name === 'AbortError')
  } catch {
    // `name` is a getter that throws.
    return false
  }
}

function abortReason(why: string): DOMException {
  return new DOMException(why, 'AbortError')
}
