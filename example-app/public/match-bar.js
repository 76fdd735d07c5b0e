// How far a match has come, and a ball for each goal: home above the bar, away below it. The scorer lists say the same in
// words, so screen readers skip the bar.
import { create, picture } from './dom.js'

/** The least distance of two balls, as a share of the bar. CSS makes a ball smaller than that on every screen. */
const ballDistance = 0.065
const symbols = { penalty: 'penalty', 'own goal': 'own-goal' }

export class MatchBar {
  #fill = create('div', { className: 'match-bar-fill' })
  #lanes = { home: create('div', { className: 'lane' }), away: create('div', { className: 'lane' }) }
  #length
  #goals = []

  constructor({ home, away, clock }) {
    this.#length = clock.length
    const shirts = [home, away].map(({ colours: [left, right] }) => {
      const shirt = create('span', { className: 'shirt' })
      shirt.style.background = `linear-gradient(90deg, ${left} 50%, ${right} 50%)`
      return shirt
    })
    const line = create('div', { className: 'match-bar-line' }, this.#fill)
    this.element = create(
      'div',
      { className: 'match-bar', attributes: { 'aria-hidden': 'true' } },
      create('div', { className: 'match-bar-shirts' }, ...shirts),
      create('div', { className: 'match-bar-lanes' }, this.#lanes.home, line, this.#lanes.away),
    )
  }

  showClock({ elapsed, length }) {
    this.#fill.style.transform = `scaleX(${elapsed / length})`
    if (length === this.#length) return
    this.#length = length
    this.showGoals(this.#goals)
  }

  showGoals(goals) {
    this.#goals = goals
    for (const [side, lane] of Object.entries(this.#lanes)) {
      const ofSide = goals.filter(({ team }) => team === side)
      const places = spread(ofSide.map((goal) => Math.min(1, minutesPlayed(goal) / this.#length)))
      lane.replaceChildren(...ofSide.map((goal, index) => ball(goal, places[index])))
    }
  }
}

function ball({ kind }, place) {
  const element = picture(`goals.svg#${symbols[kind] ?? 'goal'}`, 'ball')
  element.style.setProperty('--place', place)
  return element
}

function minutesPlayed({ minute }) {
  return minute.split('+').reduce((sum, part) => sum + Number(part), 0)
}

/** Moves places from 0 to 1 apart, as little as needed: to the right first, then back from the right end. */
function spread(places) {
  const moved = []
  for (const place of places) moved.push(Math.max(place, (moved.at(-1) ?? -1) + ballDistance))
  let limit = 1
  for (let index = moved.length - 1; index >= 0; index--) {
    moved[index] = Math.min(moved[index], limit)
    limit = moved[index] - ballDistance
  }
  return moved
}
