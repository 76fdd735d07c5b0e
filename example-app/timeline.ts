// From the record of a match to the steps of its replay, one per tick of the replay's clock. Pure.
import type { Period } from './events.js'
import type { Kick, Match, RecordedGoal } from './match.js'

export interface Step {
  period: Period
  minute: string
  /** Match minutes played so far, stoppage time included, for the progress bar. */
  elapsed: number
  goals: RecordedGoal[]
  kick?: Kick
  /** The match has been over for a while, and leaves the board. */
  leaves?: true
}

const halfTimeSteps = 6
/** How long the result stays on the board, and then the pause before the next kick-off. */
const resultSteps = 15
const pauseSteps = 10

interface Half {
  period: Period
  from: number
  to: number
}

export function timeline(match: Match): Step[] {
  const firstHalf = playedSteps(match, { period: 'first half', from: 1, to: 45 }, 0)
  const secondHalf = playedSteps(match, { period: 'second half', from: 46, to: 90 }, firstHalf.length)
  const steps = [...firstHalf, ...idleSteps('half-time', 'HT', firstHalf.length, halfTimeSteps), ...secondHalf]
  let elapsed = firstHalf.length + secondHalf.length
  if (match.result.extraTime) {
    for (const [from, to] of [[91, 105] as const, [106, 120] as const]) {
      const half = playedSteps(match, { period: 'extra time', from, to }, elapsed)
      steps.push(...half)
      elapsed += half.length
    }
  }
  for (const kick of match.shootout ?? []) {
    const [before, after] = idleSteps('penalties', 'pens', elapsed, 2)
    if (before && after) steps.push(before, { ...after, kick })
  }
  const pause = idleSteps('full-time', 'FT', elapsed, pauseSteps).map((step) => ({ ...step, leaves: true as const }))
  steps.push(...idleSteps('full-time', 'FT', elapsed, resultSteps), ...pause)
  return steps
}

function playedSteps(match: Match, half: Half, before: number): Step[] {
  const goals = match.goals.filter(({ minute }) => minute >= half.from && minute <= half.to)
  const stoppage = Math.max(0, ...goals.map((goal) => goal.stoppage ?? 0))
  const minutes = half.to - half.from + 1 + stoppage
  return Array.from({ length: minutes }, (_, index) => {
    const minute = minuteName(Math.min(half.from + index, half.to), Math.max(0, half.from + index - half.to))
    return {
      period: half.period,
      minute,
      elapsed: before + index + 1,
      goals: goals.filter((goal) => minuteName(goal.minute, goal.stoppage ?? 0) === minute),
    }
  })
}

function idleSteps(period: Period, minute: string, elapsed: number, count: number): Step[] {
  return Array.from({ length: count }, () => ({ period, minute, elapsed, goals: [] }))
}

/** As a match report prints it: `23`, `90+1`. */
export function minuteName(minute: number, stoppage = 0): string {
  return stoppage > 0 ? `${minute}+${stoppage}` : String(minute)
}
