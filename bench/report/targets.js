import { ratio, summarise } from './summary.js'

/** What the package is held to, computed from the results of one run; what was not run is not judged. */
const targets = [
  { letter: 'a', what: 'CPU per event / bare', most: 0.7, value: ({ of }) => of('ours', 'cpuPerEvent', 'bare') },
  {
    letter: 'a',
    what: 'CPU per event / better-sse',
    most: 0.4,
    value: ({ of }) => of('ours', 'cpuPerEvent', 'better-sse'),
  },
  { letter: 'b', what: 'CPU per event / bare', most: 0.22, value: ({ of }) => of('ours', 'cpuPerEvent', 'bare') },
  {
    letter: 'b',
    what: 'CPU per event / better-sse',
    most: 0.09,
    value: ({ of }) => of('ours', 'cpuPerEvent', 'better-sse'),
  },
  { letter: 'c', what: 'p99 / bare', most: 0.8, value: ({ of }) => of('ours', 'p99', 'bare') },
  {
    letter: 'c',
    what: 'longest block of the event loop, ms',
    most: 25,
    value: ({ each }) => each('ours', 'longestBlock'),
  },
  { letter: 'd', what: "CPU per event / (a)'s", most: 2, value: ({ across }) => across('d', 'a', 'cpuPerEvent') },
  { letter: 'e', what: 'CPU per event / bare', most: 1, value: ({ of }) => of('ours', 'cpuPerEvent', 'bare') },
  {
    letter: 'o',
    what: "CPU per event, six channels / (b)'s one",
    most: 1.05,
    value: ({ across }) => across('o', 'b', 'cpuPerEvent'),
  },
  {
    letter: 'f',
    what: 'RSS per connection / bare Express',
    most: 1.1,
    value: ({ of }) => of('ours', 'rssPerConnection', 'express'),
  },
  {
    letter: 'f',
    what: 'share of a core for keep-alives',
    most: 0.02,
    value: ({ each }) => each('ours', 'keepAliveCore'),
  },
  {
    letter: 'g',
    what: "CPU per replayed event / (a)'s live event",
    most: 0.15,
    value: ({ across }) => across('g', 'a', 'cpuPerReplayedEvent', 'cpuPerEvent'),
  },
  {
    letter: 'h',
    what: 'RSS growth beside a stalled client, MB',
    most: 24,
    value: ({ each }) => each('ours', 'rssGrowth', 1, 1e6),
  },
  {
    letter: 'h',
    what: "others' p99 / that without the stalled one",
    most: 1.2,
    value: ({ cases }) => cases('p99', 1, 0),
  },
  {
    letter: 'i',
    what: 'bytes with keys / without',
    most: 0.2,
    value: ({ cases }) => cases('bytesPerConnection', 1, 0),
  },
  {
    letter: 'l',
    what: 'CPU per event, history of 100,000 / 100',
    most: 1.2,
    value: ({ cases }) => cases('cpuPerEvent', 1, 0),
  },
  {
    letter: 'l',
    what: 'CPU per event, 100,000 channels / 1',
    most: 1.2,
    value: ({ cases }) => cases('cpuPerEvent', 3, 2),
  },
  {
    letter: 'm',
    what: 'CPU with an update window / without',
    most: 0.05,
    value: ({ cases }) => cases('cpuPerPublish', 1, 0),
  },
  {
    letter: 'n',
    what: 'CPU with gzip / plain, one event per turn',
    most: 1.08,
    value: ({ cases }) => cases('cpuPerEvent', 1, 0),
  },
  {
    letter: 'n',
    what: 'the same, ten events per turn',
    most: 1.08,
    value: ({ cases }) => cases('cpuPerEvent', 3, 2),
  },
  {
    letter: 'n',
    what: 'bytes with gzip / plain, one event per turn',
    most: 0.3,
    value: ({ cases }) => cases('bytesPerEvent', 1, 0),
  },
  {
    letter: 'n',
    what: 'the same, ten events per turn',
    most: 0.22,
    value: ({ cases }) => cases('bytesPerEvent', 3, 2),
  },
]

/**
 * One judgement for each target whose scenarios were run: the median of what was measured in each round, and its spread.
 * `resolved` is false where some rounds hold the target and others miss it: then the run says nothing.
 */
export function judge(results) {
  const series = (letter, id, i = 0) => results.find((result) => result.letter === letter)?.cases[i]?.samples[id]
  return targets.flatMap(({ letter, what, most, value }) => {
    const measured = value({
      of: (id, figure, base) => ratio(series(letter, id), series(letter, base), figure),
      cases: (figure, i, j) => ratio(series(letter, 'ours', i), series(letter, 'ours', j), figure),
      each: (id, figure, i, unit = 1) => scaled(summarise(series(letter, id, i) ?? []).figures[figure], unit),
      across: (one, other, figure, otherFigure) =>
        ratio(series(one, 'ours'), series(other, 'ours'), figure, otherFigure),
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

export function targetLines(judgements) {
  return judgements.map(({ letter, what, most, measured, low, high, holds, resolved }) => {
    const verdict = resolved ? (holds ? 'holds' : 'MISSED') : 'not resolved'
    const spread = `(${low.toFixed(3)} – ${high.toFixed(3)})`
    return `  (${letter}) ${what.padEnd(44)} ${measured.toFixed(3).padStart(8)} ${spread.padEnd(18)} at most ${String(most).padEnd(5)} ${verdict}`
  })
}
