// `npx tsx scripts/model.ts --rounds 10000 --seed 7`: as many rounds of the model check as you like. A round that fails prints
// its seed; `--rounds 1 --seed <that>` plays it again.
import { parseArgs } from 'node:util'
import { checkModel } from '../__tests__/helpers/model-check.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    'go-on': { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: true },
  },
  allowNegative: true,
})

const rounds = Number(values.rounds)
const { failed, coverage } = await checkModel({
  seed: Number(values.seed),
  rounds,
  shrink: values.shrink,
  goOn: values['go-on'],
  onFailure: (_seed, report) => console.log(report),
})
console.log(coverage)
console.log(`${failed.length} of ${rounds} rounds failed`, failed.map(({ seed }) => seed).join(' '))
process.exitCode = failed.length > 0 ? 1 : 0
