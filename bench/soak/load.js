/** The clients' process. */
import { setTimeout as sleep } from 'node:timers/promises'
import { answer } from '../driver/rpc.js'
import { now } from '../wire.js'
import { Client } from './client.js'
import { Random } from './random.js'

const STORM = 0.8 // share of clients that lose their connection at once

let clients = []
let chance
let complaints = []

answer({
  come({ count, port, seed }) {
    chance = new Random(seed)
    const onComplaint = (complaint) => complaints.push({ ...complaint, at: now() })
    clients = Array.from({ length: count }, (_, i) => {
      const random = new Random(seed * 1_000_003 + i)
      return new Client(i, { random, port, onComplaint })
    })
    for (const client of clients) client.come()
  },

  storm() {
    for (const client of clients) if (chance.chance(STORM)) client.lose()
  },

  settle: () => clients.forEach((client) => client.settle()),

  /** Waits until every client has what it is owed; those that do not get it complain. */
  async caughtUp(published, patience) {
    for (const client of clients) client.expect(published)
    const deadline = now() + patience
    let waiting = clients
    while ((waiting = waiting.filter((client) => client.owed(published) !== undefined)).length > 0) {
      if (clients.some(({ hasFailed }) => hasFailed)) return
      if (now() > deadline) return waiting.forEach((client) => client.complain(client.owed(published)))
      await sleep(100)
    }
  },

  leave: () => clients.forEach((client) => client.leave()),

  sample: () => ({
    connected: clients.filter(({ isConnected }) => isConnected).length,
    received: clients.reduce((sum, { received }) => sum + received, 0),
    complaints: complaints.splice(0),
  }),

  losses: () => clients.flatMap((client, i) => client.takeLosses().map((loss) => ({ ...loss, client: i }))),
})
