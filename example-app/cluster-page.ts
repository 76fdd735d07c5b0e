// The page of `npm run start:cluster`. Its matches are rendered before their kick-off: each process streams the latest.
import { join } from 'node:path'
import { gameCard } from './game-card.js'
import { html, jsonScript } from './html.js'
import type { Match } from './match.js'
import { Play } from './play.js'
import { View } from './view.js'

export function clusterPage(directory: string, matches: Match[]): string {
  const games = matches.map((match) => {
    const { score, clock } = new Play(match)
    return { ...match, score, clock, isOnBoard: true }
  })
  return new View<'games' | 'state'>(join(directory, 'views/cluster.html')).render({
    games: html`${games.map(gameCard)}`,
    state: jsonScript('page-state', { games }),
  })
}
