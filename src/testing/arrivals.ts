/** The events that have arrived, and how far the test has read. Control events have a reading position of their own. */
import type { ReceivedEvent } from './received-event.js'

interface Arrival {
  readonly event: ReceivedEvent
  state: 'unread' | 'read' | 'passed over'
}

/** How many events an error message shows. */
const SHOWN = 10
/** How many characters of an event's data an error message shows. */
const SHOWN_DATA = 100

export class Arrivals {
  readonly #all: Arrival[] = []
  readonly #unread: Record<'app' | 'control', Arrival[]> = { app: [], control: [] }

  add(event: ReceivedEvent): void {
    const arrival: Arrival = { event, state: 'unread' }
    this.#all.push(arrival)
    this.#unread[isControl(event.type) ? 'control' : 'app'].push(arrival)
  }

  get events(): ReceivedEvent[] {
    return this.#all.map(({ event }) => event)
  }

  /** The number of the app's events that the test has not read. */
  get unread(): number {
    return this.#unread.app.length
  }

  /** Reads the next event that matches. Events before it are passed over. Returns `undefined` if there is none yet. */
  read(kind: 'app' | 'control', matches: (event: ReceivedEvent) => boolean): ReceivedEvent | undefined {
    const unread = this.#unread[kind]
    const index = unread.findIndex(({ event }) => matches(event))
    const found = unread[index]
    if (found === undefined) return undefined
    for (const arrival of unread.splice(0, index + 1)) arrival.state = 'passed over'
    found.state = 'read'
    return found.event
  }

  /** Reads the next events of the app. Returns `undefined` if there are fewer. */
  take(count: number): ReceivedEvent[] | undefined {
    if (this.unread < count) return undefined
    return this.#unread.app.splice(0, count).map((arrival) => {
      arrival.state = 'read'
      return arrival.event
    })
  }

  /** The latest events in words, for an error message. */
  toString(): string {
    const shown = this.#all.slice(-SHOWN).map(({ event, state }) => {
      return state === 'unread' ? describe(event) : `${describe(event)} (${state})`
    })
    if (shown.length === 0) return 'nothing has arrived'
    const left = this.#all.length - shown.length
    return `${left > 0 ? `${left} more events and then ` : ''}${shown.join(', ')}`
  }
}

/** Whether an event type is one of the control events of the package, such as `sse-ready`. */
export function isControl(type: string): boolean {
  return type.startsWith('sse-')
}

function describe({ type, data }: ReceivedEvent): string {
  return `${type} ${data.length > SHOWN_DATA ? `${data.slice(0, SHOWN_DATA)}…` : data}`
}
