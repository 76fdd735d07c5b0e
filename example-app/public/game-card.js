// The card of one game: score, clock, goals, and a line of news.
import { create, flash } from './dom.js'
import { MatchBar } from './match-bar.js'
import { minuteText, noteOf, scorerLines, suffix } from './match-words.js'
import { count } from './outcome.js'

const bannerTime = 6_000
const badgeTime = 30_000
const sides = ['home', 'away']
const begun = { 'second half': 'Second half began', 'extra time': 'Extra time began', penalties: 'Penalties began' }

export class GameCard {
  #game
  #score
  /** The score at the moment the connection was lost. */
  #left
  #digits = {}
  #scorers = {}
  #bar
  #minute
  #news
  #banner
  #bannerTimer
  #badge
  #badgeTimer

  /** `element` as the server has rendered it, `game` as in `GET /games`. */
  constructor(element, game) {
    this.element = element
    this.#game = game
    this.#minute = element.querySelector('.minute')
    this.#news = element.querySelector('.news')
    for (const side of sides) {
      this.#digits[side] = element.querySelector(`.digits[data-side="${side}"]`)
      this.#scorers[side] = element.querySelector(`.scorers [data-side="${side}"]`)
    }
    this.#bar = new MatchBar(element.querySelector('.match-bar'), game.clock.length)
    this.showClock(game.clock)
    this.showScore(game.score, { isCalm: true })
  }

  showScore(score, { isCalm = false } = {}) {
    this.#score = score
    for (const side of sides) {
      const digits = this.#digits[side]
      const text = String(score[side])
      if (digits.textContent !== text && !isCalm) flash(digits, 'flip')
      digits.textContent = text
      this.#scorers[side].replaceChildren(...scorerLines(score.goals, side).map((line) => create('li', {}, line)))
    }
    this.#bar.showGoals(score.goals)
    this.element.dataset.period = score.period
    this.#showNews()
  }

  showClock(clock) {
    this.#minute.textContent = minuteText(clock)
    this.#bar.showClock(clock)
  }

  /** A banner, for a goal that has just been scored. */
  showGoal(goal) {
    this.#banner = `Goal: ${goal.scorer} ${goal.minute}′${suffix(goal)}`
    clearTimeout(this.#bannerTimer)
    this.#bannerTimer = setTimeout(() => {
      this.#banner = undefined
      this.#showNews()
    }, bannerTime)
    this.#showNews()
  }

  /** "Goal for Argentina: Lionel Messi, minute 23. Argentina 1, France 0." */
  describeGoal({ team, scorer, minute, home, away }) {
    const { home: first, away: second } = this.#game
    return `Goal for ${this.#game[team].name}: ${scorer}, minute ${minute}. ${first.name} ${home}, ${second.name} ${away}.`
  }

  /** The connection was lost. */
  leave() {
    this.#left = this.#score
    this.#showBadge(undefined)
  }

  /** The connection has caught up. Shows a badge, if anything but the clock has changed since `leave`. */
  comeBack(goals) {
    const change = this.#left && changeSince(this.#left, this.#score, goals)
    this.#left = undefined
    this.#banner = undefined
    this.#showBadge(change && `${change} while you were away`)
  }

  #showBadge(badge) {
    this.#badge = badge
    clearTimeout(this.#badgeTimer)
    if (badge) this.#badgeTimer = setTimeout(() => this.#showBadge(undefined), badgeTime)
    this.#showNews()
  }

  /** One line for all: a banner, or else a badge, or else a note. */
  #showNews() {
    const kind = this.#banner ? 'goal' : this.#badge ? 'away' : 'note'
    const text = this.#banner ?? this.#badge ?? noteOf(this.#score)
    this.element.dataset.news = kind
    // The score comes often, and mostly with the same note.
    if (this.#news.textContent !== text) this.#news.textContent = text
  }
}

function changeSince(before, now, goals) {
  if (goals > 0) return count(goals, 'goal')
  if (before.run !== now.run) return 'Kicked off again'
  if (before.home !== now.home || before.away !== now.away) return 'Score changed'
  if (before.period !== now.period) return begun[now.period] ?? now.period[0].toUpperCase() + now.period.slice(1)
  return undefined
}
