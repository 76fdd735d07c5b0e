import { redisStore } from '../../../src/redis/index.js'
import { storeContract } from '../../../src/store-contract/index.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'

let server: RedisServer
let streams = 0

describeWithRedis('the Redis store', () => {
  beforeAll(async () => (server = await RedisServer.start()))
  afterAll(() => server.close())

  describe('in the contract of stores', () => {
    const create = () => {
      const stream = `contract-${streams++}`
      return { open: () => redisStore({ url: server.url, stream }) }
    }
    it.each(storeContract(create, { shared: true }))('$name', ({ run }) => run())
  })
})
