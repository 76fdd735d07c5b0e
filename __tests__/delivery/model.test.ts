// Random scenarios, checked against the promise in the README. `scripts/model.ts` runs more.
import { checkModel, KINDS, type Rounds } from '../helpers/model-check.js'

const ROUNDS = 200
const TIMEOUT = 120_000

async function failures(rounds: Rounds): Promise<string[]> {
  const { failed, coverage } = await checkModel(rounds)
  expect(failed.map(({ report }) => report)).toEqual([])
  return KINDS.filter((kind) => (coverage[kind] ?? 0) === 0)
}

describe('in random scenarios over sockets with tiny buffers', () => {
  test(
    'clients get every event in order, or a newer one of its key, or a gap',
    async () => {
      expect(await failures({ seed: 1, rounds: ROUNDS })).toEqual([])
    },
    TIMEOUT,
  )
})
