// A match played again for one client, minute by minute, from its record. It has an end: full-time.
import { setTimeout as wait } from 'node:timers/promises'
import type { Message } from 'express-sse-channels'
import type { Events } from './events.js'
import type { Match } from './match.js'
import { Play } from './play.js'

/** `pace` is how many ms a match minute takes. `signal` is aborted when the client has left. */
export async function* playAgain(match: Match, pace: number, signal: AbortSignal): AsyncGenerator<Message<Events>> {
  const play = new Play(match)
  while (play.score.period !== 'full-time') {
    yield* play.advance()
    await wait(pace, undefined, { signal })
  }
}
