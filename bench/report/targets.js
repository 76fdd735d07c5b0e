/**
 * What the package is held to. `value` computes it from the results of one run: a ratio `of` ours to another contestant,
 * of two `cases` of ours, or `across` two scenarios; how much `more` one case has than another; or `each` figure itself.
 * Numbers are those of cases.
 */
export const targets = [
  target('a', 'CPU per event / bare', 0.75, ({ of }) => of('cpuPerEvent', 'bare')),
  target('a', 'CPU per event / better-sse', 0.4, ({ of }) => of('cpuPerEvent', 'better-sse')),
  target('b', 'CPU per event / bare', 0.36, ({ of }) => of('cpuPerEvent', 'bare')),
  target('b', 'CPU per event / better-sse', 0.09, ({ of }) => of('cpuPerEvent', 'better-sse')),
  target('c', 'p99 / bare', 0.8, ({ of }) => of('p99', 'bare')),
  target('c', 'longest block of the event loop, ms', 25, ({ each }) => each('longestBlock')),
  target('d', "CPU per event / (a)'s", 2, ({ across }) => across('a', 'cpuPerEvent')),
  target('e', 'CPU per event / bare', 1, ({ of }) => of('cpuPerEvent', 'bare')),
  target('e', 'CPU per event / the commit before', 1.03, ({ of }) => of('cpuPerEvent', 'ours-before')),
  target('f', 'RSS per connection / bare Express', 1.06, ({ of }) => of('rssPerConnection', 'express')),
  target('f', 'CPU to accept / bare Express, cold', 1.2, ({ of }) => of('acceptCpu', 'express')),
  target('f', 'share of a core for keep-alives', 0.02, ({ each }) => each('keepAliveCore')),
  target('g', "CPU per replayed event / (a)'s live event", 0.15, ({ across }) =>
    across('a', 'cpuPerReplayedEvent', 'cpuPerEvent'),
  ),
  target('h', 'RSS growth beside a stalled client, MB', 40, ({ each }) => each('rssGrowth', 1, 1e6)),
  target('h', "others' p99 / that without the stalled one", 1.2, ({ cases }) => cases('p99', 1, 0)),
  target('i', 'bytes with keys / without', 0.2, ({ cases }) => cases('bytesPerConnection', 1, 0)),
  target('l', 'CPU per event, history of 100,000 / 100', 1.2, ({ cases }) => cases('cpuPerEvent', 1, 0)),
  target('l', 'CPU per event, 100,000 channels / 1', 1.2, ({ cases }) => cases('cpuPerEvent', 3, 2)),
  target('m', 'CPU with an update window / without', 0.05, ({ cases }) => cases('cpuPerPublish', 1, 0)),
  target('n', 'CPU with gzip / plain, one event per turn', 1.08, ({ cases }) => cases('cpuPerEvent', 1, 0)),
  target('n', 'the same, ten events per turn', 1.08, ({ cases }) => cases('cpuPerEvent', 3, 2)),
  target('n', 'bytes with gzip / plain, one event per turn', 0.3, ({ cases }) => cases('bytesPerEvent', 1, 0)),
  target('n', 'the same, ten events per turn', 0.22, ({ cases }) => cases('bytesPerEvent', 3, 2)),
  target('o', "CPU per event, six channels / (b)'s one", 1.05, ({ across }) => across('b', 'cpuPerEvent')),
  target('p', 'CPU with coalescing / without, 100 a second', 0.55, ({ cases }) => cases('cpuPerEvent', 1, 0)),
  target('p', 'the same, 1,000 a second', 0.55, ({ cases }) => cases('cpuPerEvent', 3, 2)),
  target('p', 'p99 with coalescing - without, 100 a second, ms', 10, ({ more }) => more('p99', 1, 0)),
  target('p', 'the same, 1,000 a second', 10, ({ more }) => more('p99', 3, 2)),
  target('q', 'CPU per event, filter that reads text / none', 1.5, ({ cases }) => cases('cpuPerEvent', 1, 0)),
  target('q', 'CPU per event, filter that reads JSON / none', 1.5, ({ cases }) => cases('cpuPerEvent', 2, 0)),
  target('r', 'CPU to accept / bare Express, warm', 1.2, ({ of }) => of('acceptCpu', 'express')),
  target('s', 'µs per publish, one channel', 1, ({ each }) => each('cpuPerPublish', 0)),
  target('s', 'µs per publish, 100 keys', 2, ({ each }) => each('cpuPerPublish', 1)),
  target('s', 'µs per publish, 10,000 channels', 2.5, ({ each }) => each('cpuPerPublish', 2)),
]

function target(letter, what, most, value) {
  return { letter, what, most, value }
}
