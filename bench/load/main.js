/** The load generator's process: all connections of a run, driven by the parent process. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { answer } from '../driver/rpc.js'
import { ownCpu } from '../own-cpu.js'
import { Crowd } from './crowd.js'
import { Scout } from './scout.js'
import { Tally } from './tally.js'

let crowd
let tally
let stalled
let scout
let ackSocket

answer({
  async acknowledgeTo(port) {
    ackSocket = connect({ host: '127.0.0.1', port, noDelay: true })
    ackSocket.on('error', () => {})
    await once(ackSocket, 'connect')
  },

  /** `missed`: the events that are replayed to every connection. */
  async open(shape, { missed, ...options }) {
    crowd = new Crowd(shape)
    tally = new Tally(crowd.subscribers)
    if (missed) tally.begin(missed)
    await crowd.open(tally, options)
  },

  openRest: (options) => crowd.open(tally, options),

  /** Connections that read nothing after the head, on every channel of `shape`. */
  async openStalled(shape, options) {
    stalled = new Crowd(shape)
    await stalled.open(new Tally(stalled.subscribers), options)
    for (const client of stalled.clients) client.stall()
  },

  async startWatching(at) {
    scout = new Scout()
    await scout.open(at)
  },

  idsOfWatched: (count) => scout.idsOf(count),
  begin: (phase) => tally.begin({ ...phase, sendAck: () => ackSocket.write('.') }),
  finished: () => tally.finished(),
  throttle: (rate) => crowd.throttle(rate),
  unthrottle: () => crowd.unthrottle(),
  cpu: ownCpu,
  total: (field) => crowd.total(field),

  close() {
    crowd?.close()
    stalled?.close()
    ackSocket?.destroy()
    crowd = tally = stalled = ackSocket = undefined
  },
})
