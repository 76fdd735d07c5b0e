/** `npm run bench`: runs scenarios, prints tables, and writes JSON and a plot where asked to. */
import { writeFileSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { availability, contestants } from './contestants/index.js'
import { describeMachine } from './driver/machine.js'
import { readOptions, usage } from './driver/options.js'
import { runScenario } from './driver/rounds.js'

const options = readOptions(process.argv.slice(2))
const versions = {}
for (const id of options.ids) {
  versions[id] = availability(id)
  console.log(id, versions[id])
}
options.ids = options.ids.filter((id) => !versions[id].reason)
if (options.profile) mkdirSync(options.profile, { recursive: true })
console.log(describeMachine())
for (const s of options.scenarios) {
  console.log(s.letter, s.title)
  const r = await runScenario(s, options, ({ round, name, id, sample }) =>
    console.log(round, name, id, JSON.stringify(sample)),
  )
}
