/** Rounds of the model check. Each has a seed of its own, so that it can be played again alone. */
import fc from 'fast-check'
import { scenarios } from './model-scenario.js'
import { ModelWorld, type Coverage } from './model-world.js'

/** What must have happened in the rounds together: a check in which it never does shows nothing. */
export const KINDS = [
  'gaps: evicted',
  'gaps: slow',
  'gaps: unknown',
  'resumes: resumed',
  'resumes: evicted',
  'resumes: unknown',
  'conflated',
  'stalls',
  'update windows',
  'cuts',
  'closed by the server',
  'disconnected',
  'lists',
  'drains',
  'forgotten keys',
  'unsubscribed',
  'rejoined',
  'filter calls',
  'filters that publish',
  'filters that subscribe',
  'filters that throw',
  'filters that send',
  'filters that close',
]

export interface Rounds {
  readonly seed: number
  readonly rounds: number
  /** Whether the scenario of a round that fails is made as small as possible. */
  readonly shrink?: boolean
  /** Whether later rounds are played after one has failed. */
  readonly goOn?: boolean
  readonly onFailure?: (seed: number, report: string) => void
}

/** Plays rounds with the seeds `seed`, `seed + 1` and so on. Returns the seeds that failed, with what went wrong. */
export async function checkModel({ seed, rounds, shrink = true, goOn, onFailure }: Rounds) {
  const coverage: Coverage = {}
  const failed: { seed: number; report: string }[] = []
  const arbitrary = scenarios()
  for (let round = 0; round < rounds; round++) {
    const own = seed + round
    const details = await fc.check(
      fc.asyncProperty(arbitrary, async (scenario) => {
        const world = await ModelWorld.play(scenario)
        for (const [kind, times] of Object.entries(world.coverage)) coverage[kind] = (coverage[kind] ?? 0) + times
        if (world.complaints.length > 0) throw new Error(world.complaints.slice(0, 10).join('\n'))
      }),
      { seed: own, numRuns: 1, endOnFailure: !shrink },
    )
    if (!details.failed) continue
    const report = [
      `round ${round}, seed ${own}:`,
      (details.errorInstance as Error | null)?.message ?? 'interrupted',
      `scenario: ${JSON.stringify(details.counterexample?.[0])}`,
    ].join('\n')
    failed.push({ seed: own, report })
    onFailure?.(own, report)
    if (goOn !== true) break
  }
  return { failed, coverage }
}
