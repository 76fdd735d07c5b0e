// The events of the channel that is watched, newest first.
import { byId, create, prepend, setText } from './dom.js'
import { formatCount, formatShort, formatTime } from './format.js'
import { leftOutItems } from './left-out.js'

const limit = 100

export class EventList {
  #list = byId('events')
  #count = byId('events-count')
  #title = byId('events-title')
  #channel = ''
  #seen = 0
  #omitted = 0
  /** The newest event that was shown. A stream that opens again sends some events again. */
  #newest

  /** Shows another channel; an empty string for none. */
  begin(channel) {
    if (channel === this.#channel) return
    this.#channel = channel
    this.#seen = 0
    this.#omitted = 0
    this.#newest = undefined
    this.#list.replaceChildren()
    setText(this.#title, channel === '' ? 'Events of a channel' : `Events of ${channel.slice(0, 60)}`)
    setText(this.#count, channel === '' ? 'Choose a channel to see its events.' : 'No events yet.')
  }

  show({ at, omitted, events }) {
    const fresh = events.filter((event) => isAfter(event, this.#newest))
    if (fresh.length === 0) return
    const left = leftOut(fresh[0], this.#newest) ?? omitted
    const items = fresh.map((event) => itemOf(event, at)).reverse()
    prepend(this.#list, [...items, ...leftOutItems(left)], limit)
    this.#newest = fresh.at(-1)
    this.#seen += fresh.length
    this.#omitted += left
    this.#tell()
  }

  #tell() {
    const left = this.#omitted > 0 ? `, and ${formatCount(this.#omitted)} left out` : ''
    setText(this.#count, `${formatCount(this.#seen)} ${this.#seen === 1 ? 'event' : 'events'}${left}`)
  }
}

function isAfter({ position: { ms, seq } }, newest) {
  if (newest === undefined) return true
  const { position } = newest
  return ms > position.ms || (ms === position.ms && seq > position.seq)
}

/** How many events are between two. Undefined if unknown: for the first event, and if the channel has begun again. */
function leftOut({ number }, newest) {
  return newest === undefined || number <= newest.number ? undefined : number - newest.number - 1
}

function itemOf({ id, type, key, data }, at) {
  return create(
    'li',
    {},
    create(
      'p',
      {},
      create('time', {}, formatTime(at)),
      create('b', {}, formatShort(type)),
      key && create('span', { className: 'key' }, `key ${formatShort(key)}`),
      create('span', { className: 'id' }, formatShort(id)),
    ),
    data && create('pre', {}, formatShort(data)),
  )
}
