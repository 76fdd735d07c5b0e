/** `npm run soak`: hours in minutes. Says what happened, and fails where a client was served wrongly or something leaked. */
import { writeFileSync } from 'node:fs'
import { describeMachine } from '../driver/machine.js'
import { Progress } from '../driver/progress.js'
import { soak } from './course.js'
import { readOptions, usage } from './options.js'
import { markdownOf } from './markdown.js'

const options = readOptions(process.argv.slice(2))
if (options.help) {
  console.log(usage)
  process.exit()
}

const { minutes, clients, seed, output } = options
const drawing = output && (await import('./plot.js')) // now, so that a missing library is not missed after the run
const machine = describeMachine()
console.log(`${minutes} minutes, ${clients} clients, seed ${seed}; ${machine.cores} cores, Node ${machine.node}`)
const when = new Date().toISOString()
const progress = new Progress()
const report = { when, machine, minutes, clients, seed, ...(await soak(options, showProgress)) }
progress.clear()
console.log(markdownOf(report))
for (const complaint of report.complaints.slice(0, 5)) console.log(storyOf(complaint))
if (report.complaints.length > 0) {
  console.log(`FAILED: ${report.complaints.length} complaints; seed ${seed}`)
  process.exitCode = 1
}
if (output) await write(output)

function showProgress({ share, stage, phase, connections, published, received }) {
  if (phase === undefined) return
  progress.show(share, `${stage}, ${phase}: ${connections} connections, ${published} published, ${received} received`)
}

/** A complaint, and what the client had done and was told before, the newest last. */
function storyOf({ client, complaint, plan, story = [], at }) {
  const who = client === undefined ? '' : `client ${client}, which reads ${JSON.stringify(plan)}: `
  const lines = story.map(([when, what]) => `    ${((when - at) / 1000).toFixed(3).padStart(9)} s  ${what}`)
  return [`  ${who}${complaint}`, ...lines].join('\n')
}

async function write(path) {
  const rounded = (_, value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value)
  writeFileSync(`${path}.json`, `${JSON.stringify(report, rounded)}\n`)
  writeFileSync(`${path}.md`, markdownOf(report))
  writeFileSync(`${path}.svg`, await drawing.plot(report))
}
