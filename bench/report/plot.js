import { parse, View } from 'vega'
import { compile } from 'vega-lite'
import { contestants } from '../contestants/index.js'
import { figures } from './figures.js'
import { ratioTo, summarise } from './summary.js'

const COLUMNS = 3
const PANEL = { width: 300, step: 19 }
const SPACING = { row: 92, column: 175 } // room for headings above and names to the left, which vega cannot measure here
const TITLE = { anchor: 'start', fontSize: 12.5, subtitleFontSize: 11.5, subtitleColor: '#444444', offset: 8 }
const X_AXIS = {
  title: null,
  gridColor: '#e8e8e8',
  domain: false,
  ticks: false,
  values: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50],
}
const Y_AXIS = { title: null, ticks: false, domain: false, labelLimit: 300, labelFontSize: 11.5, labelPadding: 6 }
const NARROWEST = [0.5, 4] // the x axis shows at least this range of ratios
const COLOURS = { ours: '#0b5cad', bare: '#555555', others: '#a9b4c0' }
const ROOM_FOR_LABELS = 4.5 // how far the x axis goes on past the longest bar, as a factor

/** An SVG with a panel for each scenario: what each contestant costs, as a multiple of bare `node:http`. */
export async function plot({ machine, results, rounds, when }) {
  const panels = results.flatMap(panelsOf)
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: 'Cost as a multiple of bare node:http in the same run (bars to the left are cheaper)',
      subtitle: [
        subtitleOf({ machine, rounds, when }),
        'Label: ratio, then the figure itself; medians. Line: least and greatest ratio of the rounds.',
      ],
      anchor: 'start',
      fontSize: 17,
      subtitleFontSize: 12,
      subtitleColor: '#444444',
      offset: 60,
      dx: -150,
    },
    background: 'white',
    padding: { left: 20, top: 20, right: 40, bottom: 20 },
    bounds: 'flush',
    columns: COLUMNS,
    spacing: SPACING,
    concat: panels.map(panelSpec),
    config: {
      font: 'Helvetica, Arial, sans-serif',
      view: { stroke: null },
      axis: { labelColor: '#222222', titleColor: '#444444' },
    },
  }
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()
}

/** The panels of one scenario: one for each case, except that of a stalled client, whose first case is for comparison. */
function panelsOf({ letter, title, headline, cases }) {
  return cases.flatMap(({ name, samples }) => {
    const bars = Object.keys(samples).flatMap((id) => barOf(samples, id, headline))
    if (bars.length < 2 || name === 'all read') return []
    const heading = [`(${letter}) ${title}`, name, figures[headline].label].filter(Boolean)
    return { heading: [wrapped(heading[0]), heading.slice(1).join('; ')].flat(), bars }
  })
}

function barOf(samples, id, headline) {
  const ratio = ratioTo('bare', samples, id, headline)
  if (ratio === undefined || ratio.median <= 0) return []
  const { median } = summarise(samples[id]).figures[headline]
  const label = `${ratio.median.toPrecision(2)}  (${figures[headline].format(median)})`
  const kind = id === 'ours' || id === 'bare' ? id : 'others'
  const [low, high] = [Math.max(ratio.low, ratio.median / 10), ratio.high] // a ratio near 0 has no place on the axis
  return { contestant: contestants[id].label, kind, ...ratio, low, high, label, labelAt: Math.max(high, 1) }
}

function panelSpec({ heading, bars }) {
  const least = Math.min(NARROWEST[0], ...bars.map(({ low }) => low))
  const most = Math.max(NARROWEST[1], ...bars.map(({ high }) => high)) * ROOM_FOR_LABELS
  const x = { type: 'quantitative', scale: { type: 'log', domain: [least, most], nice: false }, axis: X_AXIS }
  const y = { field: 'contestant', type: 'nominal', sort: { field: 'median' }, axis: Y_AXIS }
  const color = { field: 'kind', scale: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) }, legend: null }
  const bar = { x: { field: 'median', ...x }, x2: { datum: 1 }, y, color }
  const spread = { x: { field: 'low', ...x }, x2: { field: 'high' }, y }
  const label = { x: { field: 'labelAt', ...x }, y, text: { field: 'label' } }
  return {
    title: { text: heading.slice(0, -1), subtitle: heading.at(-1), ...TITLE },
    width: PANEL.width,
    height: { step: PANEL.step },
    data: { values: bars },
    layer: [
      { mark: { type: 'bar', height: 12 }, encoding: bar },
      { mark: { type: 'rule', color: '#000000' }, encoding: spread },
      { mark: { type: 'rule', color: '#555555' }, encoding: { x: { datum: 1, ...x } } },
      { mark: { type: 'text', align: 'left', dx: 5, fontSize: 11, color: '#222222' }, encoding: label },
    ],
  }
}

function subtitleOf({ machine, rounds, when }) {
  const { processor, cores, memory, system, congestionControl, node } = machine
  return `${processor}, ${cores} cores, ${memory}; ${system}; TCP ${congestionControl}; Node ${node}; ${rounds} rounds; ${when.slice(0, 10)}`
}

/** Long titles in two lines, broken at a comma or space near the middle. */
function wrapped(text, width = 52) {
  if (text.length <= width) return [text]
  const at = text.lastIndexOf(' ', width)
  return [text.slice(0, at), text.slice(at + 1)]
}
