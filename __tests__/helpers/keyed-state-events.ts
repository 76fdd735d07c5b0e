// Events of a stream for tests of `keyedState`: text of the wire, and what a state shows.
import type { KeyedState } from '../../src/client/index.js'

export interface Seat {
  seat: string
  price: number
}

export interface Seats {
  seat: Seat
}

let lastId = 0

/** An ID that the client does not take for one of this package, so that it drops nothing. */
function nextId(): string {
  return `own:${++lastId}`
}

export function priced(seat: string, price: number, id = nextId()): string {
  return `event: seat\ndata: ${JSON.stringify({ seat, price })}\nid: ${id}\n\n`
}

/** An event that takes a seat out of the state. */
export function sold(seat: string): string {
  return priced(seat, 0)
}

/** Without `complete`, it is a gap of an older server. */
export function gap(complete?: boolean): string {
  const detail = { channels: ['seats'], reason: 'evicted', ...(complete !== undefined && { complete }) }
  return `event: sse-gap\ndata: ${JSON.stringify(detail)}\nid: ${nextId()}\n\n`
}

export function ready(resumed: boolean): string {
  return `event: sse-ready\ndata: ${JSON.stringify({ resumed, replayed: 0 })}\nid: ${nextId()}\n\n`
}

/** The same events as a server sends that gives no ID to them. */
export function withoutIds(text: string): string {
  return text.replace(/^id: .*\n/gm, '')
}

/** A map as text, in the order of its keys: `a=1 b=2`. */
export function asText(map: ReadonlyMap<string, Seat>): string {
  const pairs = Array.from(map, ([seat, { price }]) => `${seat}=${price}`)
  return pairs.sort().join(' ')
}

/** Everything that a state shows from now on, as text. */
export function watch(state: KeyedState<string, Seat>): string[] {
  const shown: string[] = []
  state.subscribe((map) => shown.push(asText(map)))
  return shown
}

/** Settles when the state shows this text. */
export function shows(state: KeyedState<string, Seat>, text: string): Promise<void> {
  return new Promise((resolve) => {
    state.subscribe((map) => {
      if (asText(map) === text) resolve()
    })
  })
}
