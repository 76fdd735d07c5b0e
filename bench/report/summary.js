/** From the samples of all rounds to medians, spreads and ratios. */
const BASE = 'bare'

/** `median`, `low` and `high` of each figure, from the rounds that were exact; `failures` of those that were not. */
export function summarise(samples) {
  const exact = samples.filter(({ failed }) => failed === undefined)
  const names = Object.keys(exact[0] ?? {})
  return {
    figures: Object.fromEntries(names.map((name) => [name, spread(exact.map((sample) => sample[name]))])),
    failures: samples.flatMap(({ failed }) => failed ?? []),
  }
}

/** The median over rounds of a contestant's figure by bare `node:http`'s in the same round. */
export function ratioToBase(samples, id, figure, base = BASE) {
  return ratio(samples[id], samples[base], figure)
}

/** The same for any two series of samples: round by round, so that what slowed a round down slowed both. */
export function ratio(series, baseSeries, figure, baseFigure = figure) {
  const ratios = (series ?? []).flatMap((sample, round) => {
    const quotient = sample[figure] / baseSeries?.[round]?.[baseFigure]
    return Number.isFinite(quotient) ? quotient : []
  })
  return ratios.length > 0 ? spread(ratios) : undefined
}

function spread(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const middle = sorted.length / 2
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2
  return { median, low: sorted[0], high: sorted[sorted.length - 1] }
}
