import { contestants } from '../contestants/index.js'
import { figures } from './figures.js'
import { ratioToBase, summarise } from './summary.js'

/** The table of one scenario: a line for each case and contestant, medians, and the headline with spread and ratio. */
export function tableOf({ letter, title, headline, columns, leftOut, cases }) {
  const others = columns.filter((name) => name !== headline)
  const head = ['', '', figures[headline].short, 'spread', '/ bare', ...others.map((name) => figures[name].short)]
  const lines = cases.flatMap(({ name, samples }) =>
    Object.keys(samples).map((id, i) => [
      i === 0 ? name : '',
      contestants[id].label,
      ...cellsOf(samples, id, headline, others),
    ]),
  )
  return [`(${letter}) ${title}`, ...align([head, ...lines]), ...remarks(leftOut)].join('\n')
}

function cellsOf(samples, id, headline, others) {
  const { figures: summary, failures } = summarise(samples[id])
  if (summary[headline] === undefined) return [`failed: ${failures[0]}`]
  const { median, low, high } = summary[headline]
  const { format } = figures[headline]
  const ratio = ratioToBase(samples, id, headline)
  const rest = others.map((name) => (summary[name] ? figures[name].format(summary[name].median) : ''))
  const failed = failures.length > 0 ? [`${failures.length} failed: ${failures[0]}`] : []
  return [format(median), `${format(low)} – ${format(high)}`, ratio?.median.toFixed(2) ?? '', ...rest, ...failed]
}

function remarks(leftOut) {
  return Object.entries(leftOut).map(([id, reason]) => `  left out: ${contestants[id].label}, ${reason}`)
}

function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const pad = (cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column] ?? 0))
  return rows.map((row) => `  ${row.map(pad).join('  ')}`.trimEnd())
}
