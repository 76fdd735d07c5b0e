// Eight tabs that share a stream of 200 events a second, while their leaders are closed, crash and hang: what each tab got, and
// the longest silence after each. `npx tsx scripts/shared-tabs.ts --strikes 50 --seed 1`
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { launchChromium } from '../__tests__/helpers/chromium.js'
import { complaints, SharedTabs, type Strike } from '../__tests__/helpers/shared-tabs.js'

const { values } = parseArgs({
  options: { strikes: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
})
const [count, seed] = [Number(values.strikes), Number(values.seed)]
const keepAlive = 1000
const kinds: Strike[] = ['close', 'crash', 'hang']
const [strikes = []] = fc.sample(
  fc.array(fc.constantFrom(...kinds), { minLength: count, maxLength: count, size: 'max' }),
  { seed, numRuns: 1 },
)

const browser = await launchChromium({ args: ['--renderer-process-limit=100'] })
const tabs = await SharedTabs.start(browser, { every: 5, keepAlive })
const silences = new Map(kinds.map((kind) => [kind, [] as number[]]))
const logs = []
try {
  for (let i = 0; i < 8; i++) await tabs.open()
  for (const [i, how] of strikes.entries()) {
    const leader = await tabs.leader()
    await Promise.all(tabs.tabs.map((tab) => tabs.forgetSilence(tab)))
    if (how !== 'hang') logs.push(await tabs.log(leader))
    await tabs.strike(leader, how)
    await tabs.goOn()
    await tabs.leader()
    await tabs.goOn()
    const others = await Promise.all(tabs.tabs.map((tab) => tabs.log(tab)))
    silences.get(how)?.push(Math.max(...others.map(({ longestSilence }) => longestSilence)))
    if (how === 'hang') {
      await tabs.goOn([leader])
      tabs.tabs.push(leader)
    } else await tabs.open()
    console.log(`${i + 1} of ${count}: ${how}, silence ${silences.get(how)?.at(-1)?.toFixed()} ms`)
  }
  logs.push(...(await tabs.settle()))
} finally {
  await tabs.stop()
  await browser.close()
}
const events = logs.flatMap(({ entries }) => entries.filter(Number))
const gaps = logs.flatMap(({ entries }) => entries.filter((entry) => typeof entry === 'string'))
console.log(
  `${events.length} events in ${logs.length} tabs, ${gaps.length} gaps, at most ${tabs.mostStreams} streams at once`,
)
for (const [kind, ms] of silences)
  console.log(`longest silence, ${kind}: ${Math.max(0, ...ms).toFixed()} ms of ${ms.length}`)
const wrong = logs.flatMap(complaints)
console.log(wrong.length === 0 ? 'nothing lost, doubled or out of order' : wrong.join('\n'))
process.exitCode = wrong.length === 0 ? 0 : 1
