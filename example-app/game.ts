// One match on the board: plays it, and publishes what changes.
import type { Channel } from 'express-sse-channels'
import type { Clock, Events, Score } from './events.js'
import type { Match } from './match.js'
import { Play } from './play.js'

export type GameView = ReturnType<Game['view']>

export class Game {
  readonly match: Match
  readonly #channel: Channel<Events>
  readonly #play: Play

  constructor(match: Match, channel: Channel<Events>) {
    this.match = match
    this.#channel = channel
    this.#play = new Play(match)
  }

  get id(): string {
    return this.match.id
  }

  /** Who plays, where, and the score now. */
  view() {
    const { id, competition, round, date, venue, home, away, source } = this.match
    const isOnBoard = this.#channel.latest('score') !== undefined
    return {
      id,
      competition,
      round,
      date,
      venue,
      home,
      away,
      source,
      isOnBoard,
      score: this.#score,
      clock: this.#clock,
    }
  }

  /** Tells everybody where the match stands. */
  publish(): void {
    void this.#channel.publish(this.#play.scoreMessage)
    void this.#channel.publish(this.#play.clockMessage)
  }

  /** Plays this part of the match (0 to 1) without telling anybody, then publishes where it stands. */
  skipTo(part: number): void {
    const steps = Math.floor(this.#play.steps.length * part)
    for (let step = 0; step < steps; step++) this.#play.advance()
    this.publish()
  }

  /** One match minute on. After full-time the match leaves the board, and after a pause it starts again. */
  advance(): void {
    const { hasLeft } = this.#play.score
    for (const message of this.#play.advance()) void this.#channel.publish(message)
    if (this.#play.score.hasLeft && !hasLeft) this.#forget()
  }

  /** Those who watch have got the last score, which says so. Newcomers get nothing of this match until the next kick-off. */
  #forget(): void {
    void this.#channel.forget('score')
    void this.#channel.forget('clock')
  }

  /** Sets the score by hand, until the next kick-off. Resolves with it and the ID of the event that told everybody. */
  async correct(home: number, away: number): Promise<{ id: string; score: Score }> {
    const score: Score = { ...this.#score, home, away, byHand: true }
    // A corrected match is on the board again.
    delete score.hasLeft
    this.#play.score = score
    return { id: await this.#channel.publish(this.#play.scoreMessage), score }
  }

  /** As last published, perhaps by another process, where this one only follows. */
  get #score(): Score {
    return (this.#channel.latest('score')?.json() as Score | undefined) ?? this.#play.score
  }

  get #clock(): Clock {
    return (this.#channel.latest('clock')?.json() as Clock | undefined) ?? this.#play.clock
  }
}
