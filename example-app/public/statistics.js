// Counts of the server as sparklines: asks for `registry.stats()` once a second, while the page is live and in sight.
import { getJson } from './api.js'
import { create } from './dom.js'
import { Sparkline } from './sparkline.js'

const interval = 1_000

/** `read` gets the counts now and those of a second ago. */
const figures = [
  { name: 'Connections', read: (now) => now.connections },
  { name: 'Published per second', read: (now, before) => perSecond(now, before, 'published') },
  { name: 'Delivered per second', read: (now, before) => perSecond(now, before, 'delivered') },
  { name: 'Events in the log', read: (now) => now.events },
]

export class Statistics {
  /** False while the page is offline. */
  running = false
  #rows
  #before

  constructor(list) {
    this.#rows = figures.map(({ name, read }) => {
      const value = create('span', { className: 'value' }, '–')
      const line = new Sparkline()
      list.append(create('div', {}, create('dt', {}, name), create('dd', {}, line.element, value)))
      return { read, value, line }
    })
    setInterval(() => void this.#ask(), interval)
  }

  async #ask() {
    if (!this.running || document.hidden) return
    try {
      this.#show({ ...(await getJson('/stats')), at: performance.now() })
    } catch {
      // The server is away. The connection says so.
      this.#before = undefined
    }
  }

  #show(now) {
    const before = this.#before
    this.#before = now
    if (!before) return
    for (const { read, value, line } of this.#rows) {
      const figure = Math.round(read(now, before))
      value.textContent = figure.toLocaleString('en')
      line.add(figure)
    }
  }
}

function perSecond(now, before, name) {
  return ((now[name] - before[name]) * 1000) / (now.at - before.at)
}
