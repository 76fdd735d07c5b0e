import { parseArgs } from 'node:util'
import { contestants } from '../contestants/index.js'
import { scenarios } from '../scenarios/index.js'

export const usage = `npm run bench -- [options]

  --scenario a,b        which scenarios (default: all)
  --contestants a,b     which contestants (default: all that are installed)
  --rounds N            rounds, in which contestants take turns (default: 5)
  --tiny                tiny sizes: shows that everything runs and is exact, measures nothing
  --output PATH         writes PATH.json and, with more than one contestant, PATH.svg and PATH.md
  --profile FOLDER      writes a CPU profile of each measured phase, and prints where the time went
  --help

BENCH_BEFORE=PATH       dist/index.mjs of another commit, which takes part as ours-before

scenarios:
${scenarios.map(({ letter, title }) => `  ${letter}  ${title}`).join('\n')}

contestants: ${Object.keys(contestants).join(', ')}
`

export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      scenario: { type: 'string' },
      contestants: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      tiny: { type: 'boolean', default: false },
      output: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const letters = values.scenario?.split(',')
  const ids = values.contestants?.split(',') ?? Object.keys(contestants)
  mustBeKnown(
    'scenario',
    letters ?? [],
    scenarios.map(({ letter }) => letter),
  )
  mustBeKnown('contestant', ids, Object.keys(contestants))
  return {
    ...values,
    rounds: Number(values.rounds),
    ids,
    scenarios: letters?.map((wanted) => scenarios.find(({ letter }) => letter === wanted)) ?? scenarios,
  }
}

function mustBeKnown(what, given, known) {
  for (const name of given) {
    if (!known.includes(name)) throw new Error(`no ${what} "${name}"; there are ${known.join(', ')}`)
  }
}
