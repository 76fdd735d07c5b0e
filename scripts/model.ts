// `npx tsx scripts/model.ts --rounds 10000 --seed 7`: as many rounds of the model check as you like. A round that fails prints
// its seed; `--rounds 1 --seed <that>` plays it again. `--all` also checks behaviour that is still to come.
import { parseArgs } from 'node:util'
import { checkModel } from '../__tests__/helpers/model-check.js'
import { LANDED, type Landed } from '../__tests__/helpers/model-scenario.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    'go-on': { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: true },
    all: { type: 'boolean', default: false },
    with: { type: 'string', multiple: true, default: [] },
  },
  allowNegative: true,
})

const isOn = (name: string) => values.all || values.with.includes(name)
const landed = Object.fromEntries(
  Object.entries(LANDED).map(([name, value]) => [name, value || isOn(name)]),
) as unknown as Landed
const rounds = Number(values.rounds)
const { failed, coverage } = await checkModel({
  seed: Number(values.seed),
  rounds,
  landed,
  shrink: values.shrink,
  goOn: values['go-on'],
  onFailure: (_seed, report) => console.log(report),
})
console.log(coverage)
console.log(`${failed.length} of ${rounds} rounds failed`, failed.map(({ seed }) => seed).join(' '))
process.exitCode = failed.length > 0 ? 1 : 0
