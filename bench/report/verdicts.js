import { difference, ratio, summarise } from './summary.js'
import { targets } from './targets.js'

/**
 * One judgement for each target whose scenarios were run: the median of what was measured in each round, and its spread.
 * `resolved` is false where some rounds hold the target and others miss it: then the run says nothing.
 */
export function judge(results) {
  const series = (letter, id, i = 0) => results.find((result) => result.letter === letter)?.cases[i]?.samples[id]
  return targets.flatMap(({ letter, what, most, value }) => {
    const measured = value({
      of: (figure, base, i) => ratio(series(letter, 'ours', i), series(letter, base, i), figure),
      cases: (figure, i, j) => ratio(series(letter, 'ours', i), series(letter, 'ours', j), figure),
      more: (figure, i, j) => difference(series(letter, 'ours', i), series(letter, 'ours', j), figure),
      each: (figure, i, unit = 1) => scaled(summarise(series(letter, 'ours', i) ?? []).figures[figure], unit),
      across: (other, figure, otherFigure) => ratio(series(letter, 'ours'), series(other, 'ours'), figure, otherFigure),
    })
    if (measured === undefined) return []
    const { median, low, high } = measured
    return {
      letter,
      what,
      most,
      measured: median,
      low,
      high,
      holds: median <= most,
      resolved: high <= most || low > most,
    }
  })
}

function scaled(spread, unit) {
  return spread && { median: spread.median / unit, low: spread.low / unit, high: spread.high / unit }
}

/** The verdict in a word. */
export function verdictOf({ holds, resolved }) {
  if (!resolved) return 'not resolved'
  return holds ? 'holds' : 'MISSED'
}

export function targetLines(judgements) {
  return judgements.map((judgement) => {
    const { letter, what, most, measured, low, high } = judgement
    const verdict = verdictOf(judgement)
    const spread = `(${low.toFixed(3)} – ${high.toFixed(3)})`
    return `  (${letter}) ${what.padEnd(48)} ${measured.toFixed(3).padStart(8)} ${spread.padEnd(20)} at most ${String(most).padEnd(5)} ${verdict}`
  })
}
