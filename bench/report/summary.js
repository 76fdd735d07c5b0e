/** From the samples of all rounds to medians, spreads and ratios. */

/**
 * What figures are compared with: bare `node:http`, the kernel's floor, and ours of the commit before. The first is the
 * headline.
 */
export const bases = [
  { id: 'bare', short: 'bare' },
  { id: 'send', short: 'floor' },
  { id: 'ours-before', short: 'before' },
]

/** `median`, `low` and `high` of each figure, from the rounds that were exact; `failures` of those that were not. */
export function summarise(samples) {
  const exact = samples.filter(({ failed }) => failed === undefined)
  const names = Object.keys(exact[0] ?? {})
  return {
    figures: Object.fromEntries(names.map((name) => [name, spread(exact.map((sample) => sample[name]))])),
    failures: samples.flatMap(({ failed }) => failed ?? []),
  }
}

/** The median over rounds of a contestant's figure by that of `base` in the same round. */
export function ratioTo(base, samples, id, figure) {
  return ratio(samples[id], samples[base], figure)
}

/** The same for any two series of samples: round by round, so that what slowed a round down slowed both. */
export function ratio(series, baseSeries, figure, baseFigure = figure) {
  return perRound(series, baseSeries, (sample, base) => sample[figure] / base[baseFigure])
}

/** How much more one series has, round by round. */
export function difference(series, baseSeries, figure) {
  return perRound(series, baseSeries, (sample, base) => sample[figure] - base[figure])
}

/** A median with the least and the greatest, where they differ; an empty text for `undefined`. */
export function textOf(spread) {
  if (spread === undefined) return ''
  const [median, low, high] = [spread.median, spread.low, spread.high].map((value) => value.toFixed(2))
  return low === high ? median : `${median} (${low} – ${high})`
}

function perRound(series = [], baseSeries = [], compare) {
  const compared = series.map((sample, round) => compare(sample, baseSeries[round] ?? {})).filter(Number.isFinite)
  return compared.length > 0 ? spread(compared) : undefined
}

function spread(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  const middle = sorted.length / 2
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2
  return { median, low: sorted[0], high: sorted[sorted.length - 1] }
}
