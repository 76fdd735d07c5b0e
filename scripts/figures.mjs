// Writes the figures of the newest run of the benchmark into README.md and docs/performance.md, between the comments
// `figures: …` and `/figures`. `--check` only compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { figures } from '../bench/report/figures.js'
import { ratioTo, summarise, textOf } from '../bench/report/summary.js'
import { verdictOf } from '../bench/report/verdicts.js'

const results = new URL('../bench/results/', import.meta.url)
const files = readdirSync(results).filter((name) => /^\d{4}-\d\d-\d\d.*\.json$/.test(name))
const newest = files
  .map((name) => name.slice(0, 'yyyy-mm-dd'.length))
  .sort()
  .at(-1)
const reports = files
  .filter((name) => name.startsWith(newest))
  .map((name) => ({ name, ...JSON.parse(readFileSync(new URL(name, results), 'utf8')) }))
const runs = reports.flatMap(({ results }) => results).sort((a, b) => a.letter.localeCompare(b.letter))
const targets = reports.flatMap(({ targets }) => targets).sort((a, b) => a.letter.localeCompare(b.letter))

const texts = { machine: machine(), headlines: headlines(), scenarios: scenarios(), targets: targetTable() }
let isCurrent = true
for (const file of ['README.md', 'docs/performance.md']) update(new URL(`../${file}`, import.meta.url))
if (!isCurrent) {
  console.error('The figures are not those of the newest results: run node scripts/figures.mjs')
  process.exitCode = 1
}

function update(url) {
  const before = readFileSync(url, 'utf8')
  const after = before.replace(
    /(<!-- figures: (\w+) -->\n\n).*?(\n\n<!-- \/figures -->)/gs,
    (_all, begin, name, end) => begin + texts[name] + end,
  )
  if (after === before) return
  if (process.argv.includes('--check')) isCurrent = false
  else writeFileSync(url, after)
}

function machine() {
  const [{ machine, rounds, when }] = reports
  const { processor, cores, system, node } = machine
  const links = reports.map(({ name }) => `[${name}](../bench/results/${name})`)
  return [
    `Medians of ${rounds} rounds, least and greatest in brackets. Measured on ${when.slice(0, 10)}: ${processor}, ${cores} cores,`,
    `${system}, Node ${node}. Every sample: ${links.join(', ')}.`,
  ].join('\n')
}

function headlines() {
  const peer = ['a', 'b'].map((letter) => ratio(letter, 'better-sse'))
  return [
    `- 1,000 connections, server CPU per delivered event, one event per turn of the event loop: ${ratiosOf('a')}.`,
    `- The same, ten events per turn: ${ratiosOf('b')}. Against better-sse: ${peer.join(' and ')}.`,
    `- An idle connection takes ${ratio('f', 'express')} of the memory of one of bare Express.`,
  ].join('\n')
}

function ratiosOf(letter) {
  return `${ratio(letter, 'bare')} of a \`res.write\` loop, ${ratio(letter, 'send')} of a C loop of \`send\``
}

/** How the package compares in the headline of a scenario. */
function ratio(letter, base) {
  const { headline, cases } = runs.find((run) => run.letter === letter)
  return textOf(ratioTo(base, cases[0].samples, 'ours', headline))
}

function scenarios() {
  const bases = [
    ['bare', '/ bare `node:http`'],
    ['send', '/ C loop of `send`'],
    ['express', '/ bare Express'],
    ['better-sse', '/ better-sse'],
  ]
  const head = ['#', 'scenario', 'what', 'this package', ...bases.map(([, label]) => label)]
  const rows = runs.flatMap(({ letter, title, headline, cases }) =>
    cases.map(({ name, samples }) => {
      const { median } = summarise(samples.ours).figures[headline]
      const ratios = bases.map(([id]) => textOf(ratioTo(id, samples, 'ours', headline)))
      const { label, format } = figures[headline]
      return [letter, [title, name].filter(Boolean).join(': '), label, format(median), ...ratios]
    }),
  )
  return table(head, rows)
}

function targetTable() {
  const rows = targets.map((target) => {
    const { letter, what, most, measured, low, high } = target
    const spread = textOf({ median: measured, low, high })
    return [letter, what, spread, String(most), verdictOf(target).toLowerCase()]
  })
  return table(['#', 'what', 'measured', 'at most', 'verdict'], rows)
}

/** As Prettier would have it: columns of one width. */
function table(head, rows) {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column].length)))
  const line = (row, fill = ' ') => `| ${row.map((cell, column) => cell.padEnd(widths[column], fill)).join(' | ')} |`
  const rule = line(Array(head.length).fill(''), '-')
  return [line(head), rule, ...rows.map((row) => line(row))].join('\n')
}
