// The tables of channels and of connections.
import { byId, create, setText } from './dom.js'
import { formatBytes, formatCount, formatDuration, formatNames, formatRate, formatShort } from './format.js'
import { parameter, withParameter } from './query.js'
import { Rows } from './rows.js'

const channels = new Rows(byId('channels'))
const connections = new Rows(byId('connections'))

const byName = new Intl.Collator('en', { numeric: true })

export function showChannels({ total, rows }) {
  // Calmer than the order of the server: rates change each second.
  const sorted = rows.sort((a, b) => b.subscribers - a.subscribers || byName.compare(a.name.text, b.name.text))
  channels.show(
    sorted.map(({ name, subscribers, rate, history, keys, last }) => ({
      key: name.text,
      cells: [
        linkTo('channel', name),
        formatCount(subscribers),
        rate === null ? '–' : formatRate(rate),
        formatCount(history),
        formatCount(keys),
        last ? `${formatShort(last.type)} ${formatShort(last.data)}` : '–',
      ],
    })),
  )
  const text = parameter('filter')
  const words = { noun: 'channel', order: 'most subscribers first', which: 'the busiest' }
  const filter = text === '' ? '' : ` with “${text}” in the name`
  setText(byId('channels-count'), summary(total, rows.length, { ...words, filter }))
  offer(sorted.filter(({ name }) => !name.isCut).map(({ name }) => name.text))
}

export function showConnections({ total, now, rows }) {
  connections.show(
    rows.map(({ number, owner, channels, sentUpTo, unsentBytes, openedAt }) => ({
      key: number,
      cells: [
        owner ? linkTo('owner', owner) : '–',
        channels.count === 0 ? '–' : formatNames(channels),
        sentUpTo || '–',
        formatBytes(unsentBytes),
        openedAt === undefined ? '–' : formatDuration(now - openedAt),
      ],
    })),
  )
  const of = parameter('owner')
  const words = {
    noun: 'connection',
    order: 'most unsent bytes first, then the oldest',
    which: 'most unsent bytes, then the oldest',
  }
  const filter = of === '' ? '' : ` of “${of}”`
  setText(byId('connections-count'), summary(total, rows.length, { ...words, filter }))
}

/** A name that was cut leads nowhere. */
function linkTo(parameter, name) {
  return name.isCut ? formatShort(name) : { text: name.text, href: withParameter(parameter, name.text) }
}

/** `order`: how the rows are sorted; `which`: which are shown if not all are. */
function summary(total, shown, { noun, order, which, filter }) {
  const what = `${formatCount(total)} ${noun}${total === 1 ? '' : 's'}${filter}`
  if (total > shown) return `${formatCount(shown)} of ${what}: ${which}`
  return total > 1 ? `${what}, ${order}` : what
}

/** The names that the field of the watched channel suggests. */
function offer(names) {
  const list = byId('channel-names')
  if (names.join('\n') === [...list.options].map(({ value }) => value).join('\n')) return
  list.replaceChildren(...names.map((value) => create('option', { value })))
}
