// The state of the connection, and the two ways to lose it: "Go offline" closes the stream here, "Drop my connection" asks
// the server to end it.
import { sendJson } from './api.js'
import { byId } from './dom.js'
import { describe } from './outcome.js'

const names = { connecting: 'Connecting', open: 'Live', waiting: 'Reconnecting', closed: 'Offline' }

export class ConnectionBar {
  #connection
  #countdown

  constructor(connection) {
    this.#connection = connection
    byId('offline').addEventListener('click', () => {
      if (connection.state.name === 'closed') connection.open()
      else connection.close()
    })
    byId('drop').addEventListener('click', () => void sendJson('POST', `/connections/${connection.id}/cut`))
  }

  showState({ name, reason }) {
    const isClosed = name === 'closed'
    byId('bar').dataset.state = name
    byId('state').textContent = names[name]
    // An open stream is announced once it has caught up.
    if (name !== 'open') byId('state-announcer').textContent = names[name]
    byId('offline').textContent = isClosed ? 'Go online' : 'Go offline'
    byId('offline').classList.toggle('primary', isClosed)
    byId('drop').disabled = name !== 'open'
    if (isClosed) say(whyClosed(reason))
    clearInterval(this.#countdown)
    if (name === 'waiting') {
      this.#showCountdown()
      this.#countdown = setInterval(() => this.#showCountdown(), 100)
    }
  }

  showOutcome(outcome) {
    const { kind, detail } = describe(outcome)
    const text = kind === 'live' ? 'Go offline and see what happens.' : `${detail}.`
    say(text[0].toUpperCase() + text.slice(1), kind)
    byId('state-announcer').textContent = kind === 'live' ? 'Live' : `Live again: ${detail}.`
  }

  #showCountdown() {
    const seconds = Math.max(0, this.#connection.state.nextTry - Date.now()) / 1000
    say(`Next try in ${seconds.toFixed(1)}\u00a0s.`)
  }
}

function whyClosed({ code, status }) {
  if (code === 'called') return 'Now wait for a goal.'
  return status === 401 ? 'Signed out. Reload to sign in.' : `Stopped: ${code}.`
}

function say(text, kind = 'quiet') {
  byId('outcome').textContent = text
  byId('outcome').dataset.kind = kind
}
