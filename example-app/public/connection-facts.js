// Counts of this page's stream.
import { byId } from './dom.js'

export class ConnectionFacts {
  #counts = { connections: 0, events: 0, replayed: 0, gaps: 0 }

  showEvent({ type }, lastEventId) {
    if (type === 'connecttime') this.#count('connections', 1)
    else if (type === 'sse-gap') this.#count('gaps', 1)
    else if (type !== 'sse-ready') this.#count('events', 1)
    byId('last-event-id').textContent = lastEventId || 'none'
  }

  showOutcome({ resumed, replayed }) {
    if (resumed) this.#count('replayed', replayed)
  }

  #count(name, by) {
    this.#counts[name] += by
    byId(`count-${name}`).textContent = this.#counts[name].toLocaleString('en')
  }
}
