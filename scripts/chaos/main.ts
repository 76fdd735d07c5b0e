// `npx tsx scripts/chaos/main.ts --seed 1 --runs 10 --seconds 60`: the long run of what the tests do briefly.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chaos } from './run.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '60' },
    clients: { type: 'string', default: '200' },
  },
})

const root = fileURLToPath(new URL('../..', import.meta.url))
for (let run = 0; run < Number(values.runs); run++) {
  const seed = Number(values.seed) + run
  const { complaints, done } = await chaos({
    root,
    seed,
    seconds: Number(values.seconds),
    clients: Number(values.clients),
  })
  console.log(`seed ${seed}: ${complaints.length === 0 ? 'nothing wrong' : 'WRONG'}`, done)
  for (const complaint of complaints.slice(0, 50)) console.log(`  ${complaint}`)
  if (complaints.length > 0) process.exitCode = 1
}
