import { setTimeout as sleep } from 'node:timers/promises'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { startLive, type Live } from '../../helpers/redis-live.js'
import { CHANNELS, Copy, Database, KEYS, sorted } from '../../helpers/row-copy.js'
import { Random } from '../../../scripts/chaos/random.js'

const PROCESSES = 2
const CLIENTS = 4
const STEPS = 120

describeWithRedis('snapshots and events over Redis', () => {
  it.each([1, 2, 3])(
    'give every client the state of the app, also after Redis has lost data (seed %i)',
    async (seed) => {
      const random = new Random(seed)
      const redis = await RedisServer.start()
      const database = new Database()
      const load = async (channel: string) => {
        await sleep(random.between(0, 5))
        return database.snapshot(channel)
      }
      const snapshot = { load }
      const options = { url: redis.url, publishTimeout: 500 }
      const lives: Live[] = []
      for (let i = 0; i < PROCESSES; i++) {
        lives.push(await startLive(options, { history: { events: 6 }, keys: 2, snapshot }))
      }
      const live = () => random.pick(lives)!
      const clients = Array.from({ length: CLIENTS }, () => new Copy())

      const write = async () => {
        const [channel, key] = [random.pick(CHANNELS)!, random.pick(KEYS)!]
        const message = database.write(channel, key, random.next() < 0.3)
        // An app publishes a change again until it is confirmed.
        for (let attempt = 0; attempt < 20; attempt++) {
          const published = live().live.channel(channel).publish(message)
          if (
            await published.then(
              () => true,
              () => false,
            )
          )
            return
        }
        throw new Error('Redis has not come back')
      }
      const loseData = async () => {
        await redis.stop()
        if (random.next() < 0.5) await redis.forget()
        await redis.run()
      }
      for (let step = 1; step <= STEPS; step++) {
        if (step % 40 === 0) await loseData()
        else if (random.next() < 0.6) await write()
        else if (random.next() < 0.7) await random.pick(clients)!.connect(live(), random.pick([1, 2, 5, Infinity])!)
        else random.pick(clients)!.drop()
      }
      for (const client of clients) {
        await client.settle(live(), live().live.channel('a'))
        expect(sorted(client.rows)).toEqual(sorted(database.channels))
      }
      const gaps = lives.map(({ live }) => live.registry.stats().gaps)
      expect(gaps.reduce((sum, { restarted, evicted }) => sum + restarted + evicted, 0)).toBeGreaterThan(0)
      for (const { live } of lives) await live.close()
      await redis.close()
    },
    60_000,
  )
})
