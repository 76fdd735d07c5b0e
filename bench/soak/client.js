import { get } from 'node:http'
import { createParser } from 'eventsource-parser'
import { now } from '../wire.js'
import { chooseReading, chooseReturn, nextDeed } from './life.js'
import { Reading } from './reading.js'

const STORY_LENGTH = 40
const FOREIGN_ID = 'abc-0-elsewhere'
/** Milliseconds between two reads of one that dawdles. */
const DAWDLE = 300
/** Milliseconds after which a client comes back whose stream was ended by the server. */
const COME_BACK = 500
/** Linux gives 28,232 ports for one address, and keeps each for a minute after its connection has gone. */
const addressOf = (i) => (process.platform === 'linux' ? `127.0.0.${2 + (i % 50)}` : undefined)

/** One client with a life of its own: it comes, reads, stalls, leaves, comes back, until it is told to settle. */
export class Client {
  isConnected = false
  hasFailed = false
  received = 0
  #index
  #random
  #port
  #onComplaint
  #plan
  #reading
  #sentId = ''
  #request
  #response
  #timer
  #dawdling
  #mode = 'living'
  #losses = []
  #story = []

  constructor(index, { random, port, onComplaint }) {
    this.#index = index
    this.#random = random
    this.#port = port
    this.#onComplaint = onComplaint
    this.#startAfresh()
  }

  come() {
    this.#timer = setTimeout(() => this.#connect(), this.#random.between(0, 2000))
  }

  /** From now on it reads what there is, and comes back at once where its stream ends. */
  settle() {
    this.#mode = 'settled'
    clearTimeout(this.#timer)
    clearTimeout(this.#dawdling)
    this.#dawdling = undefined
    this.#response?.resume()
    if (this.#request === undefined) this.#connect()
  }

  leave() {
    this.#mode = 'leaving'
    clearTimeout(this.#timer)
    clearTimeout(this.#dawdling)
    if (this.#request !== undefined) this.#depart(this.#random.some(['politely', 'by reset', 'at once'], 1)[0])
  }

  /** Loses its connection, as when a network fails for many at once. */
  lose() {
    if (this.isConnected && this.#mode === 'living') this.#depart('at once')
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
    this.#mode = 'leaving'
    this.#request?.destroy()
  }

  #startAfresh() {
    if (this.#reading !== undefined) this.#losses.push(...this.#reading.takeLosses())
    this.#sentId = ''
    this.#plan = chooseReading(this.#random)
    this.#reading = new Reading(this.#plan)
    this.#tell('begins')
  }

  #connect() {
    const { channels, from, filtered } = this.#plan
    const path = `/stream?channels=${channels.join(',')}&from=${from}${filtered ? '&filtered=1' : ''}`
    this.#sentId ||= this.#reading.lastEventId
    const headers = { accept: 'text/event-stream', ...(this.#sentId !== '' && { 'last-event-id': this.#sentId }) }
    const address = { host: '127.0.0.1', port: this.#port, localAddress: addressOf(this.#index) }
    const request = get({ ...address, path, headers, agent: false })
    this.#request = request
    request.on('error', () => {}) // `close` follows
    request.on('response', (response) => this.#read(request, response))
    request.on('close', () => this.#closed(request, { hasLeft: false }))
  }

  #read(request, response) {
    if (this.#request !== request || response.statusCode !== 200) return response.resume()
    const { published } = response.headers
    if (published === undefined) return response.resume() // shed: its stream ends at once
    this.isConnected = true
    this.#response = response
    this.#tell(`connects after "${this.#sentId}"`)
    this.#reading.connected(JSON.parse(published), this.#sentId)
    this.#sentId = ''
    const parser = createParser({ onEvent: (event) => this.#take(request, event) })
    response.setEncoding('utf8')
    response.on('error', () => {})
    response.on('data', (text) => {
      if (this.#dawdling !== undefined) this.#pauseFor(DAWDLE)
      parser.feed(text)
    })
    if (this.#mode === 'living') this.#liveOn()
  }

  #take(request, event) {
    if (this.#request !== request) return // it has left, and does not read to the end
    const isOurs = event.event.startsWith('sse-')
    if (!isOurs) this.received++
    try {
      this.#reading.take(event, now())
      if (isOurs) this.#tell(`${event.event} ${event.data}`)
    } catch (error) {
      this.#tell(`${event.event} ${event.id} ${event.data.slice(0, 60)}`)
      this.complain(error.message)
    }
  }

  #liveOn() {
    const { after, ...next } = nextDeed(this.#random)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#act(next), after)
  }

  #act({ deed, lasts, how }) {
    if (deed === 'leave') return this.#depart(how)
    this.#tell(`${deed}s for ${Math.round(lasts)} ms`)
    if (deed === 'stall') this.#response.pause()
    else this.#pauseFor(DAWDLE)
    this.#timer = setTimeout(() => {
      clearTimeout(this.#dawdling)
      this.#dawdling = undefined
      this.#response?.resume()
      this.#liveOn()
    }, lasts)
  }

  #pauseFor(ms) {
    this.#response.pause()
    clearTimeout(this.#dawdling)
    this.#dawdling = setTimeout(() => this.#response?.resume(), ms)
  }

  #depart(how) {
    const request = this.#request
    const response = this.#response
    this.#tell(`leaves ${how}`)
    this.#closed(request, { hasLeft: true })
    response?.resume() // what is not read would keep its socket from closing
    if (how === 'politely') request.socket?.end()
    else if (how === 'by reset') request.socket?.resetAndDestroy()
    if (how !== 'politely' || request.socket === null) request.destroy()
  }

  /** The connection is over, by whosever will. */
  #closed(request, { hasLeft }) {
    if (this.#request !== request) return
    if (this.isConnected && !hasLeft) this.#tell('its stream ends')
    this.#request = this.#response = undefined
    this.isConnected = false
    clearTimeout(this.#timer)
    clearTimeout(this.#dawdling)
    this.#dawdling = undefined
    if (this.#mode === 'leaving') return
    this.#timer = setTimeout(() => this.#connect(), this.#awayFor(hasLeft))
  }

  /** One that left may forget what it knew; one whose stream was ended goes on where it was. */
  #awayFor(hasLeft) {
    if (this.#mode === 'settled' || !hasLeft) return this.#random.around(COME_BACK)
    const { after, memory } = chooseReturn(this.#random)
    if (memory === 'lost') this.#startAfresh()
    else if (memory === 'of something else' && this.#reading.lastEventId !== '') this.#sentId = FOREIGN_ID
    return after
  }

  #tell(what) {
    this.#story.push([now(), what])
    if (this.#story.length > STORY_LENGTH) this.#story.shift()
  }
}
