// `npx tsx scripts/chaos/main.mjs --seed 1 --runs 10 --seconds 60`: the long run of what the tests do briefly.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Progress } from '../../bench/driver/progress.js'
import { chaos } from './run.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '200' },
  },
})
const [firstSeed, runs, seconds, clients] = ['seed', 'runs', 'seconds', 'clients'].map((name) => Number(values[name]))

const root = fileURLToPath(new URL('../..', import.meta.url))
const progress = new Progress()
for (let run = 0; run < runs; run++) {
  const seed = firstSeed + run
  const onProgress = (share, done) =>
    progress.show((run + share) / runs, `seed ${seed}: ${done['events published'] ?? 0} events published`)
  const { complaints, done } = await chaos({ root, seed, seconds, clients, onProgress })
  progress.clear()
  console.log(`seed ${seed}: ${complaints.length === 0 ? 'nothing wrong' : 'WRONG'}`, done)
  for (const complaint of complaints.slice(0, 50)) console.log(`  ${complaint}`)
  if (complaints.length > 0) process.exitCode = 1
}
