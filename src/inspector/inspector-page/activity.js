// Gaps, closes, shed requests, stalls and news of the store, newest first.
import { byId, create, prepend } from './dom.js'
import { formatBytes, formatDuration, formatNames, formatShort, formatTime } from './format.js'
import { leftOutItems } from './left-out.js'

const limit = 100

const names = { close: 'Closed', gap: 'Gap', shed: 'Shed', stall: 'Stalled', store: 'Store' }

const words = {
  close: ({ reason, duration }) => `${reason}, after ${formatDuration(duration)}`,
  gap: ({ reason, channels }) => `${reason}, in ${formatNames(channels)}`,
  shed: ({ reason }) => reason,
  stall: ({ unsentBytes }) => `${formatBytes(unsentBytes)} unsent`,
  store: ({ reason, error }) => (error ? `${reason}: ${formatShort(error)}` : reason),
}

export class ActivityList {
  #list = byId('activity')
  /** Number of the newest item. A stream that opens again sends some items again. */
  #newest = 0

  show({ items, omitted }) {
    const fresh = items.filter(({ number }) => number > this.#newest)
    if (fresh.length === 0) return
    this.#newest = fresh.at(-1).number
    prepend(this.#list, [...leftOutItems(omitted), ...fresh.map(itemOf).reverse()], limit)
    byId('activity-none').hidden = true
  }
}

function itemOf(item) {
  const { at, kind, owner } = item
  return create(
    'li',
    { attributes: { 'data-kind': kind } },
    create('time', {}, formatTime(at)),
    create('b', {}, names[kind] ?? kind),
    create('span', {}, words[kind](item)),
    owner && create('span', { className: 'of' }, formatShort(owner)),
  )
}
