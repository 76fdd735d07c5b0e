import { now } from '../wire.js'
import { chooseDeparture, chooseReading, chooseReturn, nextDeed } from './life.js'
import { STREAM } from './limits.js'
import { Reading } from './reading.js'
import { Stream } from './stream.js'

const STORY_LENGTH = 40
/** What a server can make nothing of, and what another one may have given out. */
const FOREIGN_IDS = ['of something else', 'mwq39q6f-0-another']
/** Milliseconds within which clients come at first, and after which one comes back whose stream was ended, on average. */
const COMING = 2000
const COMING_BACK = 500
/** A keep-alive may overtake an event that is on its way to many clients, but not time and again. */
const KEEP_ALIVES = 3
/** Those that piled up while it did not read come in one burst, ahead of what is owed: only such as are so far apart count. */
const APART = STREAM.keepAlive / 2
/** Linux gives 28,232 ports for one address, and keeps each for a minute after its connection has gone. */
const addressOf = (i) => (process.platform === 'linux' ? `127.0.0.${2 + (i % 50)}` : undefined)

/** One client with a life of its own: it comes, reads, stalls, leaves, comes back, until it is told to settle. */
export class Client {
  hasFailed = false
  received = 0
  #index
  #random
  #port
  #clock
  #onComplaint
  #mode = 'living'
  #timer
  #plan
  #reading
  #stream
  /** The ID that it comes back with, if not its own last one. */
  #foreignId = ''
  #expected
  #keepAlives = 0
  #lastKeepAlive = -Infinity
  #losses = []
  #story = []

  constructor(index, { random, port, clock = now, onComplaint }) {
    this.#index = index
    this.#random = random
    this.#port = port
    this.#clock = clock
    this.#onComplaint = onComplaint
    this.#startAfresh()
  }

  get isConnected() {
    return this.#stream?.isOpen ?? false
  }

  come() {
    this.#timer = setTimeout(() => this.#connect(), this.#random.between(0, COMING))
  }

  /** From now on it reads what there is, and comes back soon where its stream ends. */
  settle() {
    this.#mode = 'settled'
    clearTimeout(this.#timer)
    if (this.#stream === undefined) this.#connect()
    else this.#stream.readOn()
  }

  leave() {
    this.#mode = 'leaving'
    clearTimeout(this.#timer)
    if (this.#stream !== undefined) this.#depart(chooseDeparture(this.#random))
  }

  /** Loses its connection, as when a network fails for many at once. */
  lose() {
    if (!this.isConnected || this.#mode !== 'living') return
    clearTimeout(this.#timer)
    this.#goAway('at once')
  }

  /** From now on a stream must not be silent as long as something of the first so many events of each channel is owed. */
  expect(published) {
    this.#expected = published
    this.#keepAlives = 0
  }

  /** What it is still owed, in words; undefined when that is nothing. */
  owed(published) {
    return this.isConnected ? this.#reading.owed(published) : 'it is not connected'
  }

  /** The events that it was told it has lost. */
  takeLosses() {
    return this.#losses.splice(0).concat(this.#reading.takeLosses())
  }

  complain(complaint) {
    this.hasFailed = true
    this.#onComplaint({ client: this.#index, complaint, plan: this.#plan, story: this.#story })
    this.leave()
  }

  #startAfresh() {
    if (this.#reading !== undefined) this.#losses.push(...this.#reading.takeLosses())
    this.#plan = chooseReading(this.#random)
    this.#reading = new Reading(this.#plan)
    this.#tell('begins')
  }

  #connect() {
    const { channels, from, filtered } = this.#plan
    const path = `/stream?channels=${channels.join(',')}&from=${from}${filtered ? '&filtered=1' : ''}`
    const lastEventId = this.#foreignId || this.#reading.lastEventId
    const place = { host: '127.0.0.1', port: this.#port, localAddress: addressOf(this.#index), path }
    this.#stream = new Stream(
      { ...place, lastEventId },
      {
        onOpen: (published) => this.#opened(published, lastEventId),
        onEvent: (event) => this.#take(event),
        onComment: () => this.#takeKeepAlive(),
        onEnd: () => this.#ended(),
      },
    )
  }

  #opened(published, lastEventId) {
    this.#tell(`connects after "${lastEventId}"`)
    this.#reading.connected(published, lastEventId)
    this.#foreignId = ''
    this.#keepAlives = 0
    if (this.#mode === 'living') this.#liveOn()
  }

  #take(event) {
    const isOurs = event.event.startsWith('sse-')
    if (!isOurs) this.received++
    try {
      this.#reading.take(event, this.#clock())
      if (isOurs) this.#tell(`${event.event} ${event.data}`)
    } catch (error) {
      this.#tell(`${event.event} ${event.id} ${event.data.slice(0, 60)}`)
      this.complain(error.message)
    }
  }

  #takeKeepAlive() {
    if (this.#expected === undefined) return
    const owed = this.owed(this.#expected)
    const at = this.#clock()
    if (owed === undefined || at - this.#lastKeepAlive < APART) return
    this.#lastKeepAlive = at
    if (++this.#keepAlives === KEEP_ALIVES) this.complain(`${owed}, only keep-alives come`)
  }

  #ended() {
    this.#tell('its stream ends')
    this.#stream = undefined
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), this.#random.around(COMING_BACK))
  }

  #liveOn() {
    const { after, ...next } = nextDeed(this.#random, this.#plan)
    this.#timer = setTimeout(() => this.#act(next), after)
  }

  #act({ deed, lasts }) {
    if (deed === 'leave') return this.#goAway()
    this.#tell(`${deed}s for ${Math.round(lasts)} ms`)
    if (deed === 'stall') this.#stream.stall()
    else this.#stream.dawdle()
    this.#timer = setTimeout(() => {
      this.#stream.readOn()
      this.#liveOn()
    }, lasts)
  }

  #goAway(how = chooseDeparture(this.#random)) {
    this.#depart(how)
    const { after, memory } = chooseReturn(this.#random)
    if (memory === 'lost') this.#startAfresh()
    else if (memory === 'of something else' && this.#reading.lastEventId !== '') {
      this.#foreignId = this.#random.pick(FOREIGN_IDS)
    }
    this.#timer = setTimeout(() => this.#connect(), after)
  }

  #depart(how) {
    this.#tell(`leaves ${how}`)
    this.#stream.leave(how)
    this.#stream = undefined
  }

  #tell(what) {
    this.#story.push([this.#clock(), what])
    if (this.#story.length > STORY_LENGTH) this.#story.shift()
  }
}
