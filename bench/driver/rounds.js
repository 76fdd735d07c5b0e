import { join } from 'node:path'
import { contestants } from '../contestants/index.js'
import { Stage } from '../scenarios/stage.js'
import { createCertificate } from './certificate.js'
import { cores, startChild } from './child.js'

const TIME_LIMIT = { tiny: 20_000, full: 180_000 }

/**
 * Runs a scenario round by round; in each round contestants take turns, so that what else the machine does hits all alike.
 * Returns, for each case and contestant, the figures of every round, or why there are none.
 */
export async function runScenario(scenario, { ids, rounds, tiny, profile }, onSample) {
  const cases = scenario.cases ?? [{ name: '' }]
  const { taking, leftOut } = contestantsFor(scenario, ids)
  const results = cases.map(({ name }) => ({ name, samples: Object.fromEntries(taking.map((id) => [id, []])) }))
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of cases.entries()) {
      for (const id of taking) {
        const size = { ...(tiny ? scenario.tiny : scenario.full), ...variant }
        const file = profile && join(profile, [scenario.letter, i, id, round].join('-') + '.cpuprofile')
        const sample = await runOnce(scenario, id, {
          size,
          timeLimit: tiny ? TIME_LIMIT.tiny : TIME_LIMIT.full,
          profileTo: file,
        })
        results[i].samples[id].push(sample)
        onSample({ round, name: variant.name, id, sample })
      }
    }
  }
  return { leftOut, cases: results }
}

/** The number of times that `runScenario` calls `onSample`. */
export function countSamples(scenario, { ids, rounds }) {
  return (scenario.cases?.length ?? 1) * contestantsFor(scenario, ids).taking.length * rounds
}

/** Who takes part, and the reasons of those who do not. */
function contestantsFor({ only, needs = [] }, ids) {
  const leftOut = {}
  const taking = ids.filter((id) => {
    const { isBeside, like = id } = contestants[id]
    if (only ? !only.includes(like) : isBeside) return false
    const lack = needs.find((need) => contestants[id].lacks[need])
    if (lack) leftOut[id] = contestants[id].lacks[lack]
    return lack === undefined
  })
  return { taking, leftOut }
}

/** One run in fresh processes. A run in which an event is missing or doubled, or that gets stuck, has failed. */
async function runOnce(scenario, id, { size, timeLimit, profileTo }) {
  const certificate = scenario.tls && createCertificate()
  const server = startChild('../server/main.js', { core: cores.server, nodeOptions: ['--expose-gc'] })
  const load = startChild('../load/main.js', { core: cores.load, patient: scenario.watched })
  const watch = scenario.watched && startChild('../load/main.js', { core: cores.load })
  let timer
  const tooLate = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished after ${timeLimit / 1000} s`)), timeLimit)
  })
  try {
    const processes = { server, load, watch }
    return await Promise.race([play(scenario, id, { size, processes, tls: certificate?.tls, profileTo }), tooLate])
  } catch (error) {
    return { failed: error.message.split('\n')[0] }
  } finally {
    clearTimeout(timer)
    await Promise.all([server.stop(), load.stop(), watch?.stop()])
    certificate?.remove()
  }
}

async function play(scenario, id, { size, processes, tls, profileTo }) {
  const [server, load, watch] = ['server', 'load', 'watch'].map((name) => processes[name]?.methods)
  const at = await server.start(id, { ...scenario.serverOptions?.(size), tls })
  await load.acknowledgeTo(at.ackPort)
  const stage = new Stage({ server, load, watch, at: { ...at, tls: Boolean(tls) }, profileTo })
  return scenario.run(stage, size)
}
