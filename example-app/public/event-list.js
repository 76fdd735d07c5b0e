// What the server sends: one line for each event, newest first, with its JSON below when opened. Bounded, drawn once a
// frame, and still while it is paused.
import { create } from './dom.js'

const limit = 100

export class EventList {
  #list
  #button
  #showsClock
  /** Rows that are not drawn yet. */
  #waiting = []
  #rows = new Map()
  #isScheduled = false
  #isPaused = false

  /** `button` pauses the list. `showsClock()` says whether clock ticks are listed. */
  constructor(list, { button, showsClock = () => false }) {
    this.#list = list
    this.#button = button
    this.#showsClock = showsClock
    this.#button.addEventListener('click', () => this.#pause(!this.#isPaused))
    // An opened event would otherwise move away while it is read. The event `toggle` does not bubble.
    this.#list.addEventListener('toggle', ({ newState }) => newState === 'open' && this.#pause(true), true)
    this.#list.addEventListener('keydown', (event) => this.#moveFocus(event))
  }

  add(event) {
    if (event.type === 'clock' && !this.#showsClock()) return
    const row = rowOf(event)
    this.#rows.set(event, row)
    this.#waiting.push(row)
    if (this.#waiting.length > limit) this.#waiting.shift()
    this.#schedule()
  }

  /** Called when a stream has caught up: only then is it known which of its events were replayed. */
  markReplayed({ resumed, events }) {
    for (const event of resumed ? events : []) {
      if (event.id && event.type !== 'sse-ready') this.#rows.get(event)?.classList.add('replayed')
    }
    this.#rows.clear()
  }

  #pause(isPaused) {
    this.#isPaused = isPaused
    this.#button.textContent = isPaused ? 'Resume' : 'Pause'
    this.#schedule()
  }

  #schedule() {
    if (this.#isPaused || this.#isScheduled || this.#waiting.length === 0) return
    this.#isScheduled = true
    requestAnimationFrame(() => this.#draw())
  }

  #draw() {
    this.#isScheduled = false
    if (this.#isPaused) return
    this.#list.prepend(...this.#waiting.reverse())
    this.#waiting = []
    while (this.#list.childElementCount > limit) this.#list.lastElementChild.remove()
  }

  /** The list is one stop of the Tab key; arrow keys go from event to event. */
  #moveFocus(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    const summaries = [...this.#list.querySelectorAll('summary')]
    const next = summaries[summaries.indexOf(document.activeElement) + step]
    if (!next) return
    event.preventDefault()
    next.focus()
  }
}

function rowOf({ type, id, data, raw }) {
  const time = new Date().toLocaleTimeString('en-GB')
  const summary = create(
    'summary',
    { tabIndex: -1 },
    create('time', {}, time),
    create('b', {}, type),
    create('span', { className: 'preview' }, raw),
  )
  const message = `${id ? `id: ${id}\n` : ''}event: ${type}\ndata: ${JSON.stringify(data, undefined, 2)}`
  return create('li', { data: { type, id } }, create('details', {}, summary, create('pre', {}, message)))
}
