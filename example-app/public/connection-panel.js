// What the page knows of its connection: state, last event ID, what it caught up on, and the two ways to lose it.
import { sendJson } from './api.js'
import { byId } from './dom.js'

export class ConnectionPanel {
  #connection
  #id
  #gapSeen = false
  #countdown
  #counts = { connections: 0, events: 0, replayed: 0, gaps: 0 }

  constructor(connection) {
    this.#connection = connection
    byId('source-toggle').addEventListener('click', () => {
      if (connection.state === 'closed') connection.open()
      else connection.close()
    })
    byId('cut').addEventListener('click', () => void this.#askForCut())
  }

  showState(state) {
    for (const item of byId('states').children) {
      if (item.dataset.state === state) item.setAttribute('aria-current', 'true')
      else item.removeAttribute('aria-current')
    }
    byId('pill').dataset.state = state
    byId('pill-text').textContent = state
    byId('state-announcer').textContent = `Connection ${state}`
    byId('source-toggle').textContent = state === 'closed' ? 'Reopen the source' : 'Close the source'
    byId('cut').disabled = state !== 'open'
    if (state === 'closed') showOutcome('quiet', 'Closed. What happens now is missed, until you reopen it.')
    if (state === 'connecting' && this.#counts.connections > 0) showOutcome('quiet', 'Lost. Trying again.')
    clearInterval(this.#countdown)
    if (state === 'waiting') {
      this.#showCountdown()
      this.#countdown = setInterval(() => this.#showCountdown(), 100)
    }
  }

  #showCountdown() {
    const seconds = Math.max(0, this.#connection.nextTry - Date.now()) / 1000
    showOutcome('quiet', `Lost. Next try in ${seconds.toFixed(1)}\u00a0s.`)
  }

  showEvent({ type, data }) {
    if (type === 'connecttime') this.#showConnectTime(data)
    else if (type === 'sse-ready') this.#showReady(data)
    else if (type === 'sse-gap') this.#showGap(data)
    else this.#count('events', 1)
    byId('last-event-id').textContent = this.#connection.lastEventId || 'none'
  }

  #showConnectTime({ time, connection }) {
    this.#id = connection
    this.#gapSeen = false
    this.#count('connections', 1)
    byId('connect-time').textContent = new Date(time).toLocaleTimeString('en-GB')
  }

  #showReady({ resumed, replayed }) {
    if (resumed) this.#count('replayed', replayed)
    if (this.#gapSeen) return
    const events = replayed === 1 ? '1 event' : `${replayed} events`
    if (resumed) showOutcome('good', `Reconnected, replayed ${events}.`)
    else showOutcome('quiet', 'A new stream: the latest of everything, then live.')
  }

  #showGap({ channels, reason }) {
    this.#gapSeen = true
    this.#count('gaps', 1)
    const where = channels.length === 1 ? channels[0] : `${channels.length} channels`
    showOutcome('bad', `A gap (${reason}): events of ${where} are gone. What follows is the latest.`)
  }

  async #askForCut() {
    await sendJson('POST', `/connections/${this.#id}/cut`)
  }

  #count(name, by) {
    this.#counts[name] += by
    byId(`count-${name}`).textContent = this.#counts[name].toLocaleString('en')
  }
}

function showOutcome(tone, text) {
  const outcome = byId('outcome')
  outcome.dataset.tone = tone
  outcome.textContent = text
}
