/** At which rates is published: a cycle of phases, over and over. */
const QUIET = { score: 2, availability: 2, photo: 0.5 }
const STEADY = { score: 40, availability: 40, photo: 0.5 }

const cycle = [
  { name: 'quiet', seconds: 10, rates: () => QUIET },
  { name: 'steady', seconds: 15, rates: () => STEADY },
  // What is due in a second within its first tenth.
  {
    name: 'bursts',
    seconds: 10,
    rates: (at) => times({ score: 120, availability: 80, photo: 1 }, at % 1 < 0.1 ? 10 : 0),
  },
  { name: 'waves', seconds: 15, rates: (at) => times(STEADY, 1 + Math.sin((at / 5) * 2 * Math.PI)) },
  { name: 'photos', seconds: 20, rates: () => ({ score: 15, availability: 60, photo: 40 }) },
]
const CYCLE_SECONDS = cycle.reduce((sum, { seconds }) => sum + seconds, 0)

/**
 * The phase at a second of a run, and its events per second by kind of channel. Runs shorter than a cycle see all of it
 * in shortened phases.
 */
export function phaseAt(second, runSeconds = Infinity) {
  let at = (second / Math.min(1, runSeconds / CYCLE_SECONDS)) % CYCLE_SECONDS
  const phase = cycle.find(({ seconds }) => (at -= seconds) < 0)
  return { name: phase.name, rates: phase.rates(second) }
}

function times(rates, factor) {
  return Object.fromEntries(Object.entries(rates).map(([kind, rate]) => [kind, rate * factor]))
}
