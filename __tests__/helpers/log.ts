// A log to look into: filled as a registry fills it, with a clock of its own, and told apart event by event.
import type { ChannelLog, LogEvent } from '../../src/log/channel-log.js'
import { encodeBody } from '../../src/wire/format.js'
import { Log } from '../../src/log/log.js'
import type { HistoryBounds, LogBounds } from '../../src/log/store.js'
import { nextPosition } from '../../src/log/position.js'

export interface TestBounds extends Partial<Omit<LogBounds, 'history'>> {
  history?: Partial<HistoryBounds>
}

export interface Entry {
  key?: string | undefined
  /** The app's own ID. */
  id?: string | undefined
  data?: string
}

export const EPOCH = 'testlog'

export class TestLog {
  readonly log: Log
  /** Milliseconds; moves only by hand. */
  now = 1_000_000

  /** Unbounded where nothing is said. */
  constructor({ history, ...bounds }: TestBounds = {}) {
    const unbounded: HistoryBounds = { events: Infinity, bytes: Infinity, age: Infinity }
    const all: LogBounds = {
      history: { ...unbounded, ...history },
      replay: true,
      bytes: Infinity,
      keys: Infinity,
      ...bounds,
    }
    this.log = new Log(all, () => this.now)
    this.log.begin(EPOCH, { ms: this.now, seq: 0 })
  }

  append(channel: string, { key, id, data = 'x' }: Entry = {}): LogEvent {
    const position = nextPosition(this.log.last, this.now)
    const event = this.log.append(position, { channel, key, id, body: encodeBody({ data }) })
    this.log.trim(event.channel)
    return event
  }

  appendMany(channel: string, count: number, entry: Entry = {}): LogEvent[] {
    return Array.from({ length: count }, () => this.append(channel, entry))
  }

  /** The channel of a name, which must be there. */
  channel(name: string): ChannelLog {
    const channel = this.log.channels.get(name)
    if (channel === undefined) throw new Error(`there is no channel ${name}`)
    return channel
  }

  /** A channel with a reader, which is therefore not dropped. */
  read(name: string): ChannelLog {
    const channel = this.log.channel(name)
    channel.readers++
    return channel
  }

  leave(channel: ChannelLog): void {
    channel.readers--
    this.log.dropIfUnused(channel)
  }

  /** Numbers of the events that a channel's history holds. */
  history(name: string): number[] {
    return historyOf(this.channel(name)).map(({ offset }) => offset)
  }
}

/** What an event counts for that says nothing else: the unit of bounds in bytes. */
export const SMALL = new TestLog().append('a').size
/** What one with a key of one character counts for. */
export const KEYED = new TestLog().append('a', { key: 'k' }).size
/** What a channel with a short name counts for beside its events. */
export const CHANNEL = new TestLog().log.channel('a').size

export function historyOf(channel: ChannelLog): LogEvent[] {
  return Array.from({ length: channel.historyLength }, (_, i) => channel.at(channel.historyStart + 1 + i)).filter(
    (event) => event !== undefined,
  )
}

/** The latest events of a channel's keys, in order of position. */
export function latestOf(channel: ChannelLog): LogEvent[] {
  const events: LogEvent[] = []
  for (let next = channel.latestAfter(0); next !== undefined; next = channel.latestAfter(next.offset)) events.push(next)
  return events
}
