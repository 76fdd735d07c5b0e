// A match as it is played, minute by minute: where it stands, and the messages that tell what a minute has changed.
import type { Message } from 'express-sse-channels'
import type { Clock, Events, GoalLine, Score, Side } from './events.js'
import type { Match, RecordedGoal } from './match.js'
import { minuteName, timeline, type Step } from './timeline.js'

export class Play {
  score: Score
  clock: Clock
  readonly steps: readonly Step[]
  #next = 0

  constructor(match: Match) {
    this.steps = timeline(match)
    const start = { game: match.id, run: 0, period: 'not started', minute: '' } as const
    this.score = { ...start, home: 0, away: 0, goals: [] }
    this.clock = { ...start, elapsed: 0, length: Math.max(...this.steps.map(({ elapsed }) => elapsed)) }
  }

  /** A minute on. After the last one the match starts again. */
  advance(): Message<Events>[] {
    const { score, clock } = this
    const goals = this.#step()
    return [
      ...goals.map((goal) => this.#goalMessage(goal)),
      ...(score === this.score ? [] : [this.scoreMessage]),
      ...(clock === this.clock ? [] : [this.clockMessage]),
    ]
  }

  get scoreMessage(): Message<Events> {
    return { event: 'score', data: this.score, key: 'score' }
  }

  get clockMessage(): Message<Events> {
    return { event: 'clock', data: this.clock, key: 'clock' }
  }

  #goalMessage(goal: GoalLine): Message<Events> {
    const { game, run, home, away } = this.score
    return { event: 'goal', data: { game, run, ...goal, home, away } }
  }

  #step(): GoalLine[] {
    if (this.#next === this.steps.length) this.#next = 0
    if (this.#next === 0) this.#kickOff()
    const step = this.steps[this.#next++]
    if (!step) return []
    const { period, minute, elapsed, kick, leaves } = step
    const { run } = this.score
    const goals = step.goals.map(goalLine)
    if (this.clock.minute !== minute) this.clock = { ...this.clock, run, period, minute, elapsed }
    if (goals.length > 0) this.#addGoals(goals)
    if (kick) this.#addKick(kick.team, kick.scored)
    if (this.score.period !== period) this.score = { ...this.score, period, minute }
    if (leaves && !this.score.hasLeft) this.score = { ...this.score, hasLeft: true }
    return goals
  }

  #kickOff(): void {
    const { game, run } = this.score
    this.score = { game, run: run + 1, period: 'first half', minute: '1', home: 0, away: 0, goals: [] }
  }

  #addGoals(goals: GoalLine[]): void {
    const score = { ...this.score, minute: this.clock.minute, goals: [...this.score.goals, ...goals] }
    for (const { team } of goals) score[team]++
    this.score = score
  }

  #addKick(team: Side, scored: boolean): void {
    const shootout = { home: 0, away: 0, ...this.score.shootout }
    if (scored) shootout[team]++
    this.score = { ...this.score, shootout }
  }
}

function goalLine({ minute, stoppage, team, scorer, kind }: RecordedGoal): GoalLine {
  return { minute: minuteName(minute, stoppage), team, scorer, ...(kind && { kind }) }
}
