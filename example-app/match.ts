// The record of a real match, as it lies in matches/*.json, and reading it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Side } from './events.js'

export interface Team {
  name: string
  /** Two colours of its shirt, for the stripe beside the name. */
  colours: [string, string]
}

/** `stoppage` is what was added to `minute`: the 90+3rd is `{ minute: 90, stoppage: 3 }`. */
export interface RecordedGoal {
  minute: number
  stoppage?: number
  /** The team the goal counts for; an own goal is scored by a player of the other one. */
  team: Side
  scorer: string
  kind?: 'penalty' | 'own goal'
}

export interface Kick {
  team: Side
  player: string
  scored: boolean
}

export interface Match {
  id: string
  competition: string
  round: string
  date: string
  venue: string
  home: Team
  away: Team
  goals: RecordedGoal[]
  shootout?: Kick[]
  result: Record<Side, number> & { extraTime: boolean; shootout?: Record<Side, number> }
  /** Where the facts above are on record. */
  source: string
}

export function loadMatches(directory: string): Match[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'))
  return files.sort().map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Match)
}
