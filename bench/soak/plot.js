import { parse, View } from 'vega'
import { compile } from 'vega-lite'

const MIB = 2 ** 20
const PANEL = { width: 860, height: 130 }
const COLOURS = ['#0b5cad', '#d1495b', '#8a9099']
const LEAST_DELAY = 0.1 // milliseconds; a log axis has no zero
const LEAST_RATE = 1

const panels = [
  {
    title: 'Memory of the server, MiB',
    series: {
      resident: ({ rss }) => rss / MIB,
      'heap in use': ({ heapUsed }) => heapUsed / MIB,
    },
  },
  {
    title: 'Connections and descriptors',
    series: {
      descriptors: ({ descriptors }) => descriptors,
      connections: ({ connections }) => connections,
      'of which full': ({ stalled }) => stalled,
    },
  },
  {
    title: 'Delay of the server’s event loop within a second, ms',
    scale: { type: 'log', domainMin: LEAST_DELAY },
    series: {
      longest: ({ loopDelay }) => Math.max(loopDelay.max, LEAST_DELAY),
      '99th percentile': ({ loopDelay }) => Math.max(loopDelay.p99, LEAST_DELAY),
      median: ({ loopDelay }) => Math.max(loopDelay.p50, LEAST_DELAY),
    },
  },
  {
    title: 'Events per second',
    scale: { type: 'log', domainMin: LEAST_RATE },
    series: {
      delivered: (sample, previous) => rateOf('delivered', sample, previous),
      published: (sample, previous) => rateOf('published', sample, previous),
    },
  },
]

/** An SVG with the course of a soak: memory, connections, event-loop delay and events, over one axis of time. */
export async function plot({ when, machine, minutes, clients, seed, samples, before, after }) {
  const { processor, cores, system, node } = machine
  const domain = [0, minutesInto(samples.at(-1), samples)]
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: `${clients.toLocaleString('en')} clients coming, going, stalling and resuming for ${minutes} minutes`,
      subtitle: [
        `${processor}, ${cores} cores; ${system}; Node ${node}; seed ${seed}; ${when.slice(0, 10)}`,
        `Without clients, before and after: ${[before, after].map(stateOf).join('; ')}`,
      ],
      anchor: 'start',
      fontSize: 17,
      subtitleFontSize: 12,
      subtitleColor: '#444444',
      offset: 16,
    },
    background: 'white',
    padding: 20,
    vconcat: panels.map((panel, i) => panelSpec(panel, samples, { domain, isLast: i === panels.length - 1 })),
    config: {
      font: 'Helvetica, Arial, sans-serif',
      view: { stroke: null },
      axis: { labelColor: '#222222', titleColor: '#444444', gridColor: '#e8e8e8', domain: false, ticks: false },
      legend: { title: null, labelColor: '#222222', labelFontSize: 11.5, symbolStrokeWidth: 3 },
    },
    resolve: { scale: { color: 'independent' }, legend: { color: 'independent' } },
  }
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()
}

function panelSpec({ title, scale, series }, samples, { domain, isLast }) {
  const names = Object.keys(series)
  const values = samples.flatMap((sample, i) =>
    names.map((name) => ({ name, minute: minutesInto(sample, samples), value: series[name](sample, samples[i - 1]) })),
  )
  return {
    ...PANEL,
    title: { text: title, anchor: 'start', frame: 'group', fontSize: 12.5, offset: 6 },
    data: { values: values.filter(({ value }) => value !== undefined) },
    mark: { type: 'line', strokeWidth: 1.3, clip: true },
    encoding: {
      x: {
        field: 'minute',
        type: 'quantitative',
        scale: { domain, nice: false },
        axis: { title: isLast ? 'minutes' : null, labels: isLast },
      },
      y: { field: 'value', type: 'quantitative', scale, axis: { title: null, tickCount: 4, format: ',.6~g' } },
      color: { field: 'name', type: 'nominal', scale: { domain: names, range: COLOURS }, sort: names },
    },
  }
}

function minutesInto({ at }, samples) {
  return (at - samples[0].at) / 60_000
}

function rateOf(name, sample, previous) {
  if (previous === undefined) return undefined
  return Math.max(((sample[name] - previous[name]) / (sample.at - previous.at)) * 1000, LEAST_RATE)
}

function stateOf({ heapUsed, descriptors }) {
  return `${(heapUsed / MIB).toFixed(1)} MiB of heap, ${descriptors ?? 'unknown'} descriptors`
}
