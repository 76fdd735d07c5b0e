// The events of the channel that is watched, newest first.
import { byId, create, prepend, setText } from './dom.js'
import { formatCount, formatShort, formatTime } from './format.js'

const limit = 100

export class EventList {
  #list = byId('events')
  #count = byId('events-count')
  #title = byId('events-title')
  #channel = ''
  #seen = 0
  #omitted = 0

  /** Shows another channel; an empty string for none. */
  begin(channel) {
    if (channel === this.#channel) return
    this.#channel = channel
    this.#seen = 0
    this.#omitted = 0
    this.#list.replaceChildren()
    setText(this.#title, channel === '' ? 'Events of a channel' : `Events of ${channel.slice(0, 60)}`)
    setText(this.#count, channel === '' ? 'Choose a channel to see its events.' : 'No events yet.')
  }

  /** The page was too slow, or the server has forgotten: some events are missing. */
  gap() {
    if (this.#seen > 0)
      prepend(this.#list, [create('li', { className: 'missing' }, 'Some events are missing here.')], limit)
  }

  show({ at, omitted, events }) {
    const items = events.map((event) => itemOf(event, at)).reverse()
    const missing =
      omitted > 0 ? [create('li', { className: 'missing' }, `${formatCount(omitted)} more are left out.`)] : []
    prepend(this.#list, [...items, ...missing], limit)
    this.#seen += events.length
    this.#omitted += omitted
    const left = this.#omitted > 0 ? `, and ${formatCount(this.#omitted)} left out` : ''
    setText(this.#count, `${formatCount(this.#seen)} ${this.#seen === 1 ? 'event' : 'events'}${left}`)
  }
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
