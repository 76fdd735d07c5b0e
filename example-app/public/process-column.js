// One process of the cluster, as its client sees it: the card of the match, the state of the stream, and a countdown after
// the process was killed.
import { sendJson } from './api.js'
import { LiveConnection } from './connection.js'
import { byId } from './dom.js'
import { EventList } from './event-list.js'
import { GameCard } from './game-card.js'
import { describe } from './outcome.js'
import { TimeLine } from './time-line.js'

const names = { connecting: 'Connecting', open: 'Live', waiting: 'Away', closed: 'Closed' }

export class ProcessColumn {
  element = byId('process').content.firstElementChild.cloneNode(true)
  #port
  #connection
  #card
  #events
  #countdown
  /** When a killed process is started again, in ms since 1970. */
  #restart = 0

  constructor(port) {
    this.#port = port
    this.#events = new EventList(this.#find('.event-list'), { button: this.#find('.pause') })
    this.#find('h2').textContent = `Port ${port}`
    this.#find('.kill').addEventListener('click', () => void this.#kill())
  }

  /** The score of the match comes with the stream. */
  follow(match) {
    const previous = { card: this.#card, connection: this.#connection }
    const element = byId('games').content.querySelector(`[data-game="${match.id}"]`).cloneNode(true)
    this.#card = new GameCard(element, match)
    previous.card?.element.remove()
    previous.connection?.close()
    this.#find('.time-line').after(this.#card.element)
    this.#connection = this.#connect(match.id, this.#card, new TimeLine(this.#find('.time-line')))
    this.#connection.open()
  }

  #connect(id, card, timeLine) {
    const show = {
      score: (score) => card.showScore(score),
      clock: (clock) => card.showClock(clock),
      goal: (goal) => card.showGoal(goal),
    }
    return new LiveConnection(`http://${location.hostname}:${this.#port}/games/${id}`, {
      onState: (state) => card === this.#card && this.#showState(state),
      onEvent: (event) => {
        if (event.type !== 'goal' || !event.isMissed) show[event.type]?.(event.data)
        this.#events.add(event)
      },
      onLost: () => {
        // Another match was chosen.
        if (card !== this.#card) return
        timeLine.lost()
        card.leave()
      },
      onCaughtUp: (outcome) => {
        timeLine.caughtUp(outcome)
        card.comeBack(outcome.events.filter(({ type }) => type === 'goal').length)
        this.#events.markReplayed(outcome)
        this.#showOutcome(outcome)
      },
    })
  }

  async #kill() {
    const { restartsIn } = await sendJson('POST', `/processes/${this.#port}/kill`)
    this.#restart = Date.now() + restartsIn
  }

  #showState({ name }) {
    this.element.dataset.state = name
    this.#find('.words').textContent = names[name]
    this.#find('.kill').disabled = name !== 'open'
    clearInterval(this.#countdown)
    if (name === 'open' || name === 'closed') return
    this.#showCountdown()
    this.#countdown = setInterval(() => this.#showCountdown(), 100)
  }

  #showCountdown() {
    const { name, nextTry } = this.#connection?.state ?? {}
    const restart = secondsUntil(this.#restart)
    if (restart > 0) this.#say(`Killed. Starts again in ${restart.toFixed(1)}\u00a0s.`)
    else if (name === 'waiting') this.#say(`Next try in ${secondsUntil(nextTry).toFixed(1)}\u00a0s.`)
    else this.#say('Trying to connect.')
  }

  #showOutcome(outcome) {
    const { kind } = describe(outcome)
    if (kind === 'live') this.#say('The latest score, then live.')
    else if (kind === 'gap') this.#say('A gap: the score was reloaded.', kind)
    else this.#say(`${outcome.replayed.toLocaleString('en')} replayed`, kind)
    byId('announcer').textContent = `Port ${this.#port}: ${this.#find('.outcome').textContent}`
  }

  #say(text, kind = 'quiet') {
    this.#find('.outcome').textContent = text
    this.#find('.outcome').dataset.kind = kind
  }

  #find(selector) {
    return this.element.querySelector(selector)
  }
}

function secondsUntil(time) {
  return Math.max(0, time - Date.now()) / 1000
}
