import { join } from 'node:path'
import { chaos } from '../../../scripts/chaos/run.js'
import { describeWithRedis } from '../../helpers/redis-server.js'

// A longer run: npx tsx scripts/chaos/main.mjs
describeWithRedis('three processes and 200 clients, under all failures,', () => {
  it.each([1, 2, 3])(
    'deliver each event once and in order, or a gap (seed %i)',
    async (seed) => {
      const { complaints, done } = await chaos({ seed, seconds: 8, root: join(__dirname, '../../..') })
      expect(complaints).toEqual([])
      expect(done['events published']).toBeGreaterThan(50)
      expect(done.resumes).toBeGreaterThan(200)
    },
    120_000,
  )
})
