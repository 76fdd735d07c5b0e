// One match being replayed: its score now, and publishing what changes it.
import type { Channel } from 'express-sse-channels'
import type { Clock, Events, GoalLine, Score, Side } from './events.js'
import type { Match, RecordedGoal } from './match.js'
import { minuteName, timeline, type Step } from './timeline.js'

export class Game {
  readonly match: Match
  readonly #channel: Channel<Events>
  readonly #steps: Step[]
  #next = 0
  #score: Score
  #clock: Clock

  constructor(match: Match, channel: Channel<Events>) {
    this.match = match
    this.#channel = channel
    this.#steps = timeline(match)
    const start = { game: match.id, run: 0, period: 'not started', minute: '' } as const
    this.#score = { ...start, home: 0, away: 0, goals: [] }
    this.#clock = { ...start, elapsed: 0, length: Math.max(...this.#steps.map(({ elapsed }) => elapsed)) }
  }

  get id(): string {
    return this.match.id
  }

  /** What is known before the final whistle: who plays, where, and the score now. */
  view() {
    const { id, competition, round, date, venue, home, away, source } = this.match
    return { id, competition, round, date, venue, home, away, source, score: this.#now, clock: this.#clock }
  }

  /** The score here or, where the match is played by another process, the one it has published. */
  get #now(): Score {
    const published = this.#next === 0 ? this.#channel.latest('score') : undefined
    return published === undefined ? this.#score : (published.json() as Score)
  }

  /** Plays this part of the match (0 to 1) without telling anybody, then publishes where it stands. */
  skipTo(part: number): void {
    const steps = Math.floor(this.#steps.length * part)
    while (this.#next < steps) this.#play()
    void this.#publishScore()
    this.#publishClock()
  }

  /** One match minute on. After full-time and a pause it starts again. */
  advance(): void {
    const score = this.#score
    const clock = this.#clock
    const goals = this.#play()
    for (const goal of goals) this.#publishGoal(goal)
    if (score !== this.#score) void this.#publishScore()
    if (clock !== this.#clock) this.#publishClock()
  }

  /** Sets the score by hand, until the next kick-off. Resolves with the ID of the event that told everybody. */
  correct(home: number, away: number): Promise<string> {
    this.#score = { ...this.#now, home, away, byHand: true }
    return this.#publishScore()
  }

  #play(): GoalLine[] {
    if (this.#next === this.#steps.length) this.#next = 0
    if (this.#next === 0) this.#kickOff()
    const step = this.#steps[this.#next++]
    if (!step) return []
    const { period, minute, elapsed, kick } = step
    const { run } = this.#score
    const goals = step.goals.map(goalLine)
    if (this.#clock.minute !== minute) this.#clock = { ...this.#clock, run, period, minute, elapsed }
    if (goals.length > 0) this.#addGoals(goals)
    if (kick) this.#addKick(kick.team, kick.scored)
    if (this.#score.period !== period) this.#score = { ...this.#score, period, minute }
    return goals
  }

  #kickOff(): void {
    const { game, run } = this.#score
    this.#score = { game, run: run + 1, period: 'first half', minute: '1', home: 0, away: 0, goals: [] }
  }

  #addGoals(goals: GoalLine[]): void {
    const score = { ...this.#score, minute: this.#clock.minute, goals: [...this.#score.goals, ...goals] }
    for (const { team } of goals) score[team]++
    this.#score = score
  }

  #addKick(team: Side, scored: boolean): void {
    const shootout = { home: 0, away: 0, ...this.#score.shootout }
    if (scored) shootout[team]++
    this.#score = { ...this.#score, shootout }
  }

  #publishGoal(goal: GoalLine): void {
    const { game, run, home, away } = this.#score
    void this.#channel.publish({ event: 'goal', data: { game, run, ...goal, home, away } })
  }

  #publishScore(): Promise<string> {
    return this.#channel.publish({ event: 'score', data: this.#score, key: 'score' })
  }

  #publishClock(): void {
    void this.#channel.publish({ event: 'clock', data: this.#clock, key: 'clock' })
  }
}

function goalLine({ minute, stoppage, team, scorer, kind }: RecordedGoal): GoalLine {
  return { minute: minuteName(minute, stoppage), team, scorer, ...(kind && { kind }) }
}
