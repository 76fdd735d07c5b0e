// The log of raw events: bounded, newest first, drawn once per frame, and not at all while paused.
import { byId, create } from './dom.js'

const limit = 200

export class EventLog {
  #list = byId('log')
  #waiting = []
  #catchingUp = []
  #scheduled = false
  #paused = false

  constructor() {
    const button = byId('log-pause')
    button.addEventListener('click', () => {
      this.#paused = !this.#paused
      button.setAttribute('aria-pressed', String(this.#paused))
      this.#schedule()
    })
  }

  add(event) {
    if (event.type === 'connecttime') this.#catchingUp = []
    if (event.type === 'sse-ready') this.#endCatchingUp(event.data)
    if (event.type === 'clock' && !byId('log-clock').checked) return
    const row = rowOf(event)
    this.#catchingUp?.push(row)
    this.#waiting.push(row)
    if (this.#waiting.length > limit) this.#waiting.shift()
    this.#schedule()
  }

  /** Only now it is known whether what came since the stream opened was replayed or is the latest of each key. */
  #endCatchingUp({ resumed }) {
    for (const row of this.#catchingUp ?? []) {
      if (resumed && row.dataset.id) row.classList.add('replayed')
    }
    this.#catchingUp = undefined
  }

  #schedule() {
    if (this.#paused || this.#scheduled || this.#waiting.length === 0) return
    this.#scheduled = true
    requestAnimationFrame(() => this.#draw())
  }

  #draw() {
    this.#scheduled = false
    if (this.#paused) return
    this.#list.prepend(...this.#waiting.reverse())
    this.#waiting = []
    while (this.#list.childElementCount > limit) this.#list.lastElementChild.remove()
  }
}

function rowOf({ type, id, raw }) {
  const time = new Date().toLocaleTimeString('en-GB')
  return create(
    'li',
    { data: { type, id } },
    create(
      'span',
      { className: 'log-head' },
      create('time', {}, time),
      create('b', {}, type),
      create('span', { className: 'log-id' }, id || '–'),
    ),
    create('code', {}, raw),
  )
}
