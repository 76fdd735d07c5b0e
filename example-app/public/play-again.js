// A stream with an end. The server finishes it after full-time, and EventStream closes instead of connecting again.
import { EventStream } from './client.js'
import { byId } from './dom.js'
import { GameCard } from './game-card.js'

const score = { home: 0, away: 0, goals: [], period: 'not started' }

export class PlayAgain {
  #games
  #source
  #card

  constructor(games) {
    this.#games = games
    byId('again-form').addEventListener('submit', (event) => {
      event.preventDefault()
      this.#play(byId('again-match').value)
    })
  }

  #play(id) {
    this.#source?.close()
    const source = new EventStream(`/games/${id}/again`)
    this.#source = source
    // Whenever the stream opens, the match starts from its kick-off.
    source.addEventListener('open', () => {
      this.#card = this.#newCard(id)
      byId('again-card').replaceChildren(this.#card.element)
      say('Playing. The server sends this match to this page alone.')
    })
    source.addEventListener('score', (event) => this.#card.showScore(event.json(), { isCalm: true }))
    source.addEventListener('clock', (event) => this.#card.showClock(event.json()))
    source.addEventListener('error', () => say('The connection was lost. The match will start again.'))
    source.addEventListener('close', ({ detail }) => {
      if (detail.code === 'finished')
        say('Finished. The server has sent everything, so this page does not connect again.')
      else if (detail.code !== 'called') say(`Stopped: ${detail.code}.`)
    })
  }

  /** Like the card on the board, before the kick-off. */
  #newCard(id) {
    const game = this.#games.find((game) => game.id === id)
    const element = byId('games').querySelector(`[data-game="${id}"]`).cloneNode(true)
    delete element.dataset.game
    element.hidden = false
    return new GameCard(element, { ...game, score, clock: { minute: '', elapsed: 0, length: game.clock.length } })
  }
}

function say(text) {
  byId('again-state').textContent = text
}
