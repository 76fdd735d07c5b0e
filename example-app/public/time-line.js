// The last three phases of the connection: live, offline with its seconds, caught up or a gap.
import { create } from './dom.js'
import { describe } from './outcome.js'

const shown = 3
const hints = [
  { kind: 'hint', title: 'Offline', detail: 'events are missed' },
  { kind: 'hint', title: 'Caught up', detail: 'events are replayed' },
]

export class TimeLine {
  #list
  #phases = []
  #lostAt
  #seconds

  constructor(list) {
    this.#list = list
    this.#draw()
  }

  lost() {
    this.#lostAt = Date.now()
    this.#phases.push({ kind: 'offline', title: 'Offline', detail: '0\u00a0s' })
    this.#draw()
    this.#seconds = setInterval(() => this.#showSeconds(), 250)
  }

  caughtUp(outcome) {
    if (this.#lostAt !== undefined) this.#showSeconds()
    clearInterval(this.#seconds)
    this.#lostAt = undefined
    this.#phases.push(describe(outcome))
    this.#draw()
  }

  #showSeconds() {
    const seconds = Math.round((Date.now() - this.#lostAt) / 1000)
    const phase = this.#phases.at(-1)
    phase.detail = `${seconds}\u00a0s`
    this.#list.querySelector('[data-kind="offline"]:not(:has(~ [data-kind="offline"])) .detail').textContent =
      phase.detail
  }

  #draw() {
    this.#phases = this.#phases.slice(-shown)
    const missing = this.#phases.length - shown
    const phases = missing < 0 ? [...this.#phases, ...hints.slice(missing)] : this.#phases
    const now = this.#phases.length - 1
    this.#list.replaceChildren(...phases.map((phase, index) => item(phase, index === now)))
  }
}

function item({ kind, title, detail }, isNow) {
  return create(
    'li',
    { data: { kind }, attributes: isNow ? { 'aria-current': 'step' } : {} },
    create('b', {}, title),
    create('span', { className: 'detail' }, detail),
  )
}
