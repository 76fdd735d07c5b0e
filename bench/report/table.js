import { contestants } from '../contestants/index.js'
import { figures } from './figures.js'
import { bases, ratioTo, summarise, textOf } from './summary.js'

/**
 * The table of one scenario: a line for each case and contestant, medians, and the headline with its spread. Ratios to
 * those who ran are medians over rounds, with the least and the greatest.
 */
export function tableOf({ letter, title, headline, columns, leftOut, cases }) {
  const others = columns.filter((name) => name !== headline)
  const present = bases.filter(({ id }) => cases.some(({ samples }) => id in samples))
  const ratios = present.map(({ short }) => `/ ${short}`)
  const head = ['', '', figures[headline].short, 'spread', ...ratios, ...others.map((name) => figures[name].short)]
  const lines = cases.flatMap(({ name, samples }) =>
    Object.keys(samples).map((id, i) => [
      i === 0 ? name : '',
      contestants[id].label,
      ...cellsOf(samples, id, { headline, others, present }),
    ]),
  )
  return [`(${letter}) ${title}`, ...align([head, ...lines]), ...remarks(leftOut)].join('\n')
}

function cellsOf(samples, id, { headline, others, present }) {
  const { figures: summary, failures } = summarise(samples[id])
  if (summary[headline] === undefined) return [`failed: ${failures[0]}`]
  const { median, low, high } = summary[headline]
  const { format } = figures[headline]
  const ratios = present.map((base) => (base.id === id ? '1' : textOf(ratioTo(base.id, samples, id, headline))))
  const rest = others.map((name) => (summary[name] ? figures[name].format(summary[name].median) : ''))
  const failed = failures.length > 0 ? [`${failures.length} failed: ${failures[0]}`] : []
  return [format(median), `${format(low)} – ${format(high)}`, ...ratios, ...rest, ...failed]
}

function remarks(leftOut) {
  return Object.entries(leftOut).map(([id, reason]) => `  left out: ${contestants[id].label}, ${reason}`)
}

function align(rows) {
  const whole = rows.filter((row) => row.length >= rows[0].length) // others have a text in place of figures
  const widthOf = (column) => Math.max(...(column < 2 ? rows : whole).map((row) => row[column].length))
  const widths = rows[0].map((_, column) => widthOf(column))
  const pad = (cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column] ?? 0))
  return rows.map((row) => `  ${row.map(pad).join('  ')}`.trimEnd())
}
