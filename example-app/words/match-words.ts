// A match in words, as a report prints it. The server renders the page with them, and the page's scripts update it.
import type { Clock, GoalLine, Score, Side } from '../events.js'

/** One line for each scorer: "Toni Kroos 24′, 26′". */
export function scorerLines(goals: readonly GoalLine[], side: Side): string[] {
  const minutes = new Map<string, string[]>()
  for (const goal of goals) {
    if (goal.team !== side) continue
    minutes.set(goal.scorer, [...(minutes.get(goal.scorer) ?? []), `${goal.minute}′${suffix(goal)}`])
  }
  return [...minutes].map(([scorer, list]) => `${scorer} ${list.join(', ')}`)
}

export function suffix({ kind }: GoalLine): string {
  return kind === 'penalty' ? ' pen.' : kind === 'own goal' ? ' o.g.' : ''
}

/** "23′", "HT", or a dash before the kick-off. */
export function minuteText({ minute }: Pick<Clock, 'minute'>): string {
  return /^\d/.test(minute) ? `${minute}′` : minute || '–'
}

/** What the score alone does not say. */
export function noteOf({ shootout, period, byHand, hasLeft }: Score): string {
  const isOver = period === 'full-time'
  const notes: string[] = []
  if (shootout) notes.push(`${isOver ? 'After penalties' : 'Penalties'}: ${shootout.home}–${shootout.away}`)
  if (byHand) notes.push('Score set by hand')
  if (hasLeft) notes.push('Has left the board')
  return notes.join(' · ')
}
