/** `npm run bench`: runs scenarios, prints tables, and writes JSON and a plot where asked to. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availability, contestants } from './contestants/index.js'
import { describeMachine } from './driver/machine.js'
import { readOptions, usage } from './driver/options.js'
import { Progress } from './driver/progress.js'
import { countSamples, runScenario } from './driver/rounds.js'
import { markdownOf } from './report/markdown.js'
import { profileLines } from './report/profile.js'
import { tableOf } from './report/table.js'
import { judge, targetLines } from './report/verdicts.js'

const options = readOptions(process.argv.slice(2))
if (options.help) {
  console.log(usage)
  process.exit()
}
if (options.profile) mkdirSync(options.profile, { recursive: true })

const machine = describeMachine()
const versions = whoIsHere(options.ids)
const results = []
const settings = { ...options, ids: Object.keys(versions) }
const total = options.scenarios.reduce((sum, scenario) => sum + countSamples(scenario, settings), 0)
const progress = new Progress()
let done = 0
console.log(`${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}\n`)
for (const scenario of options.scenarios) {
  const { letter, title, headline, columns } = scenario
  const measured = await runScenario(scenario, settings, showProgress)
  results.push({ letter, title, headline, columns, ...measured })
  progress.clear()
  console.log(`${tableOf(results.at(-1))}\n`)
  if (options.output) await write(options.output) // after each, so that a run that is broken off has not been in vain
}

if (options.profile) console.log(['Where the time went', ...profileLines(options.profile), ''].join('\n'))
if (!options.tiny) console.log(['Targets', ...targetLines(judge(results))].join('\n'))
if (results.some(hasFailures)) process.exitCode = 1

/** Versions of those who can take part; says why the others cannot. */
function whoIsHere(ids) {
  const here = {}
  for (const id of ids) {
    const { reason, versions } = availability(id)
    console.log(`${contestants[id].label.padEnd(22)} ${reason ?? versions}`)
    if (reason === undefined) here[id] = versions
  }
  return here
}

function showProgress({ round, name, id, sample }) {
  const what = `round ${round + 1}  ${name} ${contestants[id].label}`
  progress.show(++done / total, what)
  if (!sample.failed) return
  progress.clear()
  console.error(`  ${what}: ${sample.failed}`)
}

async function write(path) {
  const when = new Date().toISOString()
  const report = {
    when,
    machine,
    versions,
    rounds: options.rounds,
    tiny: options.tiny,
    results,
    targets: judge(results),
  }
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 1)}\n`)
  if (Object.keys(versions).length < 2 || options.tiny) return
  writeFileSync(`${path}.md`, markdownOf(report))
  const { plot } = await import('./report/plot.js')
  writeFileSync(`${path}.svg`, await plot(report))
}

function hasFailures({ cases }) {
  return cases.some(({ samples }) =>
    Object.values(samples)
      .flat()
      .some(({ failed }) => failed !== undefined),
  )
}
