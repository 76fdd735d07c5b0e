// Writes docs/mutation.md from the report of `stryker run`. Fails when mutation-survivors.mjs does not explain a surviving
// mutant, or explains a mutant that no longer survives.
import { readFileSync } from 'node:fs'
import { ranOn, table, writeMarkdown } from './matrix-results.mjs'
import { survivors as explanations } from './mutation-survivors.mjs'

const { files } = JSON.parse(readFileSync('reports/mutation/mutation.json', 'utf8'))

const DETECTED = ['Killed', 'Timeout']
const UNDETECTED = ['Survived', 'NoCoverage']

function count(mutants, statuses) {
  return mutants.filter(({ status }) => statuses.includes(status)).length
}

/** Of the mutants that run at all; one that ends the test process counts for neither side. */
function scoreOf(mutants) {
  const detected = count(mutants, DETECTED)
  const valid = detected + count(mutants, UNDETECTED)
  return `${((100 * detected) / valid).toFixed(1)} %`
}

function row(name, mutants) {
  return [name, scoreOf(mutants), count(mutants, DETECTED), count(mutants, UNDETECTED)]
}

/** The text that the mutant stands in place of, and the line where that begins. */
function describe(path, source, { location: { start, end }, replacement }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const line = lines[0].trim()
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1)
  lines[0] = lines[0].slice(start.column - 1)
  const file = path.replace(/^src\/|\.ts$/g, '')
  return { file, line, at: `${file}.ts:${start.line}`, from: lines.join('\n'), to: replacement }
}

function explains(explanation, { file, line, from, to }) {
  const { file: inFile, line: onLine, from: exactly = from, to: into = [to] } = explanation
  return inFile === file && onLine === line && exactly === from && into.includes(to)
}

const alive = Object.entries(files).flatMap(([path, { source, mutants }]) =>
  mutants
    .filter(({ status }) => UNDETECTED.includes(status))
    .sort((a, b) => a.location.start.line - b.location.start.line)
    .map((mutant) => describe(path, source, mutant)),
)
const explained = alive.map((mutant) => ({ mutant, why: explanations.find((it) => explains(it, mutant))?.why }))
const stale = explanations.filter((explanation) => !alive.some((mutant) => explains(explanation, mutant)))

/** In one line of a table. */
function code(text) {
  return `\`${text.replace(/\s+/g, ' ').replaceAll('|', '\\|')}\``
}

const all = Object.values(files).flatMap(({ mutants }) => mutants)
const scores = Object.entries(files).map(([path, { mutants }]) => row(`\`${path}\``, mutants))

await writeMarkdown(
  'docs/mutation.md',
  `# Mutation testing

How many changes of the source the tests notice, and why some survive.

\`npm run mutation\` made this page on ${ranOn}. [Stryker](https://stryker-mutator.io) changes the source in one place and runs the
tests. A mutant is killed when a test fails or times out. The run fails if the score is below 85 %, or if a mutant survives
without an explanation below.

${table(['file', 'score', 'killed', 'survived'], [...scores, row('all', all)])}

## The survivors

These mutants behave like the original code, so no test can kill them. The reasons are kept in \`scripts/mutation-survivors.mjs\`.

${table(
  ['where', 'instead of', 'the mutant has', 'and survives because'],
  explained.map(({ mutant: { at, from, to }, why = '**not explained**' }) => [at, code(from), code(to), why]),
)}
`,
)

for (const { mutant } of explained.filter(({ why }) => why === undefined)) {
  console.error(`not explained: ${mutant.at}: ${mutant.line}\n  ${mutant.from}\n  → ${mutant.to}`)
}
for (const { file, line } of stale) console.error(`no longer survives: ${file}: ${line}`)
if (stale.length > 0 || explained.some(({ why }) => why === undefined)) process.exit(1)
