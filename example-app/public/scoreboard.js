// The cards of all games.
import { GameCard } from './game-card.js'

/** Milliseconds a match minute takes. With less, goals come too fast for banners, which would only flicker. */
const slowestWithoutBanners = 250

export class Scoreboard {
  #cards = new Map()
  /** Milliseconds that a match minute takes. */
  pace = Infinity

  constructor(container, games) {
    for (const game of games) {
      this.#cards.set(game.id, new GameCard(container.querySelector(`[data-game="${game.id}"]`), game))
    }
  }

  showScore(score) {
    const card = this.#cards.get(score.game)
    if (!card) return
    card.showScore(score, { isCalm: this.#isCalm })
    card.element.hidden = score.hasLeft === true
  }

  showClock(clock) {
    this.#cards.get(clock.game)?.showClock(clock)
  }

  showGoal(goal) {
    if (!this.#isCalm) this.#cards.get(goal.game)?.showGoal(goal)
  }

  describeGoal(goal) {
    return this.#cards.get(goal.game)?.describeGoal(goal) ?? ''
  }

  /** The connection was lost: remembers what the page shows now. */
  leave() {
    for (const card of this.#cards.values()) card.leave()
  }

  /** The connection has caught up with these events: marks the cards that changed. */
  comeBack(events, gap) {
    for (const [id, card] of this.#cards) {
      // After a gap come the latest events. A match without one has left the board, and its last event was missed.
      const isLost = gap?.channels.includes(`game:${id}`)
      if (isLost && !events.some(({ type, data }) => type === 'score' && data.game === id)) card.element.hidden = true
      card.comeBack(events.filter(({ type, data }) => type === 'goal' && data.game === id).length)
    }
  }

  get #isCalm() {
    return this.pace < slowestWithoutBanners
  }
}
