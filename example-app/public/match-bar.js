// How far a match has come, and a ball for each goal: home above the bar, away below it. The scorer lists say the same in
// words, so screen readers skip the bar.
import { picture } from './dom.js'

/** The least distance between the left edges of two balls, in widths of a ball. */
const ballDistance = 1.1
/** Width of a ball as a share of the bar, until the bar is on the page: that of a narrow phone. */
const widestBall = 0.06
const symbols = { penalty: 'penalty', 'own goal': 'own-goal' }

export class MatchBar {
  #fill
  #lanes
  #length
  #goals = []
  #ballWidth = widestBall

  /** `length` is how many minutes the match has. */
  constructor(element, length) {
    const [home, away] = element.querySelectorAll('.lane')
    this.#lanes = { home, away }
    this.#fill = element.querySelector('.match-bar-fill')
    this.#length = length
    new ResizeObserver(([{ contentRect }]) => this.#fit(contentRect)).observe(this.#lanes.home)
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
      const places = ofSide.map((goal) => Math.min(1, minutesPlayed(goal) / this.#length))
      const apart = spread(places, ballDistance * this.#ballWidth)
      lane.replaceChildren(...ofSide.map((goal, index) => ball(goal, apart[index])))
    }
  }

  /** A ball has the height of its lane. Its middle goes from half a ball to half a ball before the end. */
  #fit({ width, height }) {
    if (width <= height) return
    this.#ballWidth = height / (width - height)
    this.showGoals(this.#goals)
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

/**
 * Moves places from 0 to 1 as little as needed to be this far apart, such as those of goals in two minutes running. Places
 * that are too near each other form a group around their middle.
 */
function spread(places, distance) {
  const groups = []
  for (const [index, place] of places.entries()) {
    let group = { sum: place - index * distance, size: 1 }
    while (groups.length > 0 && meanOf(groups.at(-1)) > meanOf(group)) {
      const { sum, size } = groups.pop()
      group = { sum: sum + group.sum, size: size + group.size }
    }
    groups.push(group)
  }
  const last = 1 - (places.length - 1) * distance
  const starts = groups.flatMap((group) => Array.from({ length: group.size }, () => meanOf(group)))
  return starts.map((start, index) => Math.max(0, Math.min(start, last)) + index * distance)
}

function meanOf({ sum, size }) {
  return sum / size
}
