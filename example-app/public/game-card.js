// The card of one game: score, clock, goals, and a line of news.
import { create, flash } from './dom.js'
import { scorerLines, suffix } from './goal-words.js'
import { MatchBar } from './match-bar.js'
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
  #minute = create('span', { className: 'minute' })
  #news = create('p', { className: 'news' })
  #banner
  #bannerTimer
  #badge
  #badgeTimer

  /** `game` as in `GET /games`. */
  constructor(game) {
    this.#game = game
    this.#bar = new MatchBar(game)
    const { id, home, away, competition, round, date, venue } = game
    const day = new Date(date).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
    const title = `${home.name} against ${away.name}`
    this.element = create(
      'article',
      { className: 'game', data: { game: id }, attributes: { 'aria-label': title } },
      create(
        'header',
        { className: 'game-head' },
        create('h3', { className: 'visually-hidden' }, title),
        create(
          'p',
          { className: 'competition' },
          create('span', {}, `${competition} · ${round}`),
          create('span', {}, `${venue.split(',')[0]}, ${day}`),
        ),
        create('p', { className: 'clock' }, create('span', { className: 'visually-hidden' }, 'Clock: '), this.#minute),
      ),
      ...sides.map((side) => this.#teamRow(side)),
      this.#bar.element,
      create('div', { className: 'scorers' }, ...sides.map((side) => this.#scorerList(side))),
      this.#news,
    )
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
    this.#minute.textContent = /^\d/.test(clock.minute) ? `${clock.minute}′` : clock.minute || '–'
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

  #teamRow(side) {
    const { name, colours } = this.#game[side]
    const shirt = create('span', { className: 'shirt', attributes: { 'aria-hidden': 'true' } })
    shirt.style.background = `linear-gradient(90deg, ${colours[0]} 50%, ${colours[1]} 50%)`
    this.#digits[side] = create('span', { className: 'digits', data: { side } }, '0')
    return create('p', { className: 'team' }, shirt, create('span', { className: 'name' }, name), this.#digits[side])
  }

  #scorerList(side) {
    this.#scorers[side] = create('ul', { attributes: { 'aria-label': `Goals of ${this.#game[side].name}` } })
    return this.#scorers[side]
  }
}

function noteOf({ shootout, period, byHand }) {
  const isOver = period === 'full-time'
  const notes = []
  if (shootout) notes.push(`${isOver ? 'After penalties' : 'Penalties'}: ${shootout.home}–${shootout.away}`)
  if (byHand) notes.push('Score set by hand')
  return notes.join(' · ')
}

function changeSince(before, now, goals) {
  if (goals > 0) return count(goals, 'goal')
  if (before.run !== now.run) return 'Kicked off again'
  if (before.home !== now.home || before.away !== now.away) return 'Score changed'
  if (before.period !== now.period) return begun[now.period] ?? now.period[0].toUpperCase() + now.period.slice(1)
  return undefined
}
