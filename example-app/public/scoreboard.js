// The cards of the games: score, clock, timeline and scorers.
import { create, flash } from './dom.js'

const ribbonTime = 6_000

export class Scoreboard {
  #cards = new Map()

  constructor(container, games) {
    for (const game of games) {
      const card = new GameCard(game)
      this.#cards.set(game.id, card)
      container.append(card.element)
      card.showClock(game.clock)
      card.showScore(game.score)
    }
  }

  showScore(score) {
    this.#cards.get(score.game)?.showScore(score)
  }

  showClock(clock) {
    this.#cards.get(clock.game)?.showClock(clock)
  }

  showGoal(goal) {
    this.#cards.get(goal.game)?.showGoal(goal)
  }

  /** "Argentina 1, France 0. Goal by Lionel Messi, minute 23." */
  describeGoal(goal) {
    const card = this.#cards.get(goal.game)
    return card ? card.describeGoal(goal) : ''
  }
}

class GameCard {
  #game
  #clock
  #digits = {}
  #scorers = {}
  #marks = create('div', { className: 'track-marks' })
  #fill = create('div', { className: 'track-fill' })
  #minute = create('span', { className: 'minute' })
  #ribbon = create('p', { className: 'ribbon', hidden: true })
  #note = create('p', { className: 'note', hidden: true })
  #ribbonTimer

  constructor(game) {
    this.#game = game
    this.#clock = game.clock
    const { id, home, away, competition, round, date, venue, source } = game
    const heading = create(
      'h3',
      { id: `game-${id}`, className: 'visually-hidden' },
      `${home.name} against ${away.name}`,
    )
    const year = new Date(date).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
    const track = create('div', { className: 'track', attributes: { 'aria-hidden': 'true' } }, this.#fill, this.#marks)
    this.element = create(
      'article',
      { className: 'game', data: { game: id }, attributes: { 'aria-labelledby': heading.id } },
      create(
        'header',
        { className: 'game-head' },
        create('p', { className: 'competition' }, `${competition} · ${round}`),
        create('p', { className: 'clock' }, create('span', { className: 'visually-hidden' }, 'Clock: '), this.#minute),
        this.#ribbon,
      ),
      heading,
      this.#teamRow('home'),
      this.#teamRow('away'),
      track,
      create('div', { className: 'scorers' }, this.#scorerList('home'), this.#scorerList('away')),
      this.#note,
      create(
        'details',
        { className: 'source' },
        create('summary', {}, `${venue}, ${year}`),
        create('p', {}, `On record: ${source}.`),
      ),
    )
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

  showScore(score) {
    for (const side of ['home', 'away']) {
      const digits = this.#digits[side]
      const text = String(score[side])
      if (digits.textContent !== text) flash(digits, 'flip')
      digits.textContent = text
      this.#scorers[side].replaceChildren(...scorerLines(score.goals, side).map((line) => create('li', {}, line)))
    }
    this.#showMarks(score.goals)
    this.#showNote(score)
    this.element.dataset.period = score.period
  }

  showClock(clock) {
    this.#clock = clock
    this.#minute.textContent = /^\d/.test(clock.minute) ? `${clock.minute}′` : clock.minute || '–'
    this.#fill.style.transform = `scaleX(${clock.elapsed / clock.length})`
  }

  showGoal(goal) {
    this.#ribbon.textContent = `Goal: ${goal.scorer} ${goal.minute}′${suffix(goal)}`
    this.#ribbon.hidden = false
    flash(this.element, 'scored')
    clearTimeout(this.#ribbonTimer)
    this.#ribbonTimer = setTimeout(() => {
      this.#ribbon.hidden = true
      this.element.classList.remove('scored')
    }, ribbonTime)
  }

  describeGoal({ team, scorer, minute, home, away }) {
    const { home: first, away: second } = this.#game
    return `Goal for ${this.#game[team].name}: ${scorer}, minute ${minute}. ${first.name} ${home}, ${second.name} ${away}.`
  }

  #showMarks(goals) {
    const marks = goals.map(({ minute, team }) => {
      const mark = create('span', { className: 'mark', data: { side: team } })
      mark.style.left = `${(100 * playedMinutes(minute)) / this.#clock.length}%`
      return mark
    })
    this.#marks.replaceChildren(...marks)
  }

  #showNote({ shootout, period, byHand }) {
    const notes = []
    if (shootout)
      notes.push(`${period === 'full-time' ? 'After penalties' : 'Penalties'}: ${shootout.home}–${shootout.away}`)
    if (byHand) notes.push('Score set by hand')
    this.#note.textContent = notes.join(' · ')
    this.#note.hidden = notes.length === 0
  }
}

/** One line per scorer: "Toni Kroos 24′, 26′". */
function scorerLines(goals, side) {
  const minutes = new Map()
  for (const goal of goals) {
    if (goal.team !== side) continue
    minutes.set(goal.scorer, [...(minutes.get(goal.scorer) ?? []), `${goal.minute}′${suffix(goal)}`])
  }
  return [...minutes].map(([scorer, list]) => `${scorer} ${list.join(', ')}`)
}

function suffix({ kind }) {
  return kind === 'penalty' ? ' pen.' : kind === 'own goal' ? ' o.g.' : ''
}

function playedMinutes(minute) {
  return minute.split('+').reduce((sum, part) => sum + Number(part), 0)
}
