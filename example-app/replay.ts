// The clock of the replay: one timer that takes every game a match minute further.
import type { Channel } from 'express-sse-channels'
import type { Events, ReplayState } from './events.js'
import type { Game } from './game.js'

/** How many milliseconds a match minute may take. 60,000 is the speed of the real match. */
export const speedLimits = { min: 20, max: 60_000 }

export class Replay {
  readonly #games: Game[]
  readonly #channel: Channel<Events>
  #state: ReplayState
  #timer: NodeJS.Timeout | undefined

  constructor(games: Game[], channel: Channel<Events>, speed: number) {
    this.#games = games
    this.#channel = channel
    this.#state = { speed, running: false }
  }

  /** As last published, perhaps by another process, where this one only follows. */
  get state(): ReplayState {
    return (this.#channel.latest('replay')?.json() as ReplayState | undefined) ?? this.#state
  }

  /** Every game at another minute, so that a newcomer does not look at six kick-offs. */
  stagger(): void {
    for (const [index, game] of this.#games.entries()) game.skipTo((index + 0.5) / this.#games.length)
  }

  change(change: Partial<ReplayState>): ReplayState {
    this.#state = { ...this.#state, ...change }
    clearInterval(this.#timer)
    if (this.#state.running) this.#timer = setInterval(() => this.tick(), this.#state.speed).unref()
    void this.#channel.publish({ event: 'replay', data: this.#state, key: 'replay' })
    return this.#state
  }

  /** A match minute in every game. */
  tick(): void {
    for (const game of this.#games) game.advance()
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
