// The counts of `registry.stats()`: the most telling ones with a plot, and all of them as a list.
import { byId, create, setText } from './dom.js'
import { formatBytes, formatCount, formatRate } from './format.js'
import { Sparkline } from './sparkline.js'

/** Each `read` gets the counts, and a function that gives the growth of a count in a second: undefined in the first sample. */
const plots = [
  { name: 'Connections', read: ({ connections }) => connections },
  { name: 'Published per second', read: (_stats, growth) => growth('published'), format: formatRate },
  { name: 'Delivered per second', read: (_stats, growth) => growth('delivered'), format: formatRate },
  { name: 'Sent per second', read: (_stats, growth) => growth('sentBytes'), format: formatBytes },
  { name: 'Full sockets', read: ({ stalled }) => stalled },
  { name: 'Bytes of the log', read: ({ bytes }) => bytes, format: formatBytes },
]

const names = {
  connections: 'Connections',
  channels: 'Channels',
  events: 'Events in the log',
  bytes: 'Bytes of the log',
  stalled: 'Connections with a full socket',
  published: 'Published events',
  delivered: 'Delivered events',
  sentBytes: 'Sent bytes',
  conflated: 'Skipped for slow clients',
  evictedKeys: 'Evicted latest events',
  destroyed: 'Destroyed on exit',
  shed: 'Shed requests',
  gaps: 'Gaps',
  resumes: 'Resumes',
  closed: 'Closed connections',
}

export class Counts {
  #before
  #plots = plots.map(({ name, read, format = formatCount }) => {
    const line = new Sparkline(name, format)
    const value = create('span', { className: 'value' }, '–')
    byId('plots').append(create('div', {}, create('dt', {}, name), create('dd', {}, value, line.element)))
    return { line, value, read, format }
  })
  /** The cells of the list, by the path of their count, such as `gaps.evicted`. */
  #cells = new Map()

  show({ at, stats, isStoreAvailable }) {
    byId('store').hidden = isStoreAvailable
    // The clock begins again with the process.
    const before = this.#before && this.#before.at < at ? this.#before : undefined
    this.#before = { at, stats }
    const growth = (name) => before && Math.max(0, ((stats[name] - before.stats[name]) * 1000) / (at - before.at))
    for (const { line, value, read, format } of this.#plots) {
      const number = read(stats, growth)
      if (number === undefined) continue
      setText(value, format(number))
      line.add(number)
    }
    for (const [path, value] of flatten(stats)) setText(this.#cellOf(path), formatCount(value))
  }

  /** After a pause, the next sample gives no rate, because the rate would cover the whole pause. */
  pause() {
    this.#before = undefined
  }

  #cellOf(path) {
    let cell = this.#cells.get(path)
    if (cell) return cell
    cell = create('dd', { attributes: { 'data-count': path } })
    this.#cells.set(path, cell)
    const [group, name] = path.split('.')
    listOf(name === undefined ? 'All' : (names[group] ?? group)).append(
      create('div', {}, create('dt', {}, name ?? names[group] ?? group), cell),
    )
    return cell
  }
}

const lists = new Map()

/** Returns the list of a group of counts. Makes the list when the first count of the group comes. */
function listOf(title) {
  let list = lists.get(title)
  if (list) return list
  list = create('dl', {})
  lists.set(title, list)
  byId('totals').append(create('div', { className: 'group' }, create('h3', {}, title), list))
  return list
}

function flatten(stats) {
  return Object.entries(stats).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [[name, value]]
      : Object.entries(value).map(([key, count]) => [`${name}.${key}`, count]),
  )
}
