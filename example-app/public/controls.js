// The controls of the replay and of the shop. They change the server; what they show comes back over the stream, so
// that every open page shows the same.
import { sendJson } from './api.js'
import { byId } from './dom.js'

export class Controls {
  #running = true

  constructor() {
    byId('replay-form').addEventListener('change', ({ target }) => {
      void sendJson('PUT', '/replay', { speed: Number(target.value) })
    })
    byId('replay-form').addEventListener('submit', (event) => event.preventDefault())
    byId('replay-toggle').addEventListener('click', () => {
      void sendJson('PUT', '/replay', { running: !this.#running })
    })
    byId('sales').addEventListener('change', ({ target }) => {
      void sendJson('PUT', '/sales', { running: target.checked })
    })
  }

  showReplay({ speed, running }) {
    this.#running = running
    byId('replay-toggle').firstElementChild.textContent = running ? 'Pause' : 'Play'
    for (const radio of byId('replay-form').elements.speed) radio.checked = Number(radio.value) === speed
  }

  showSales({ running }) {
    byId('sales').checked = running
  }
}
