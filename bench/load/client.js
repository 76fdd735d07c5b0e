import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { CompressedBody } from './compressed-body.js'
import { LANE_DIGITS, MARK, MARK_LENGTH } from '../wire.js'

const HEAD_END = '\r\n\r\n'
const sharedBuffer = Buffer.allocUnsafe(64 * 1024) // every read is dealt with before the next one

/**
 * One connection, as cheap as JavaScript allows: a raw socket and a search for marks in its bytes. It knows which number
 * must come next in each of its lanes; anything else is a missing or doubled event.
 */
export class Client {
  bytes = 0
  reads = 0
  #tally
  #lanes
  #next
  #conflated
  #socket
  #head = ''
  #opened
  #cut
  #budget = Infinity
  #compressed

  /** `conflated`: numbers may be left out, but never go back. `compressed`: the response must be gzip. */
  constructor(tally, { lanes, from = 0, conflated = false, compressed = false }) {
    this.#tally = tally
    this.#lanes = lanes
    this.#next = new Array(lanes.length).fill(from)
    this.#conflated = conflated
    if (compressed) this.#compressed = new CompressedBody((bytes) => this.#scan(bytes))
  }

  /** Resolves once the head of the response is there. */
  open({ port, path, tls, localAddress, lastEventId }) {
    const connect = tls ? connectTls : connectTcp
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      localAddress,
      rejectUnauthorized: false,
      onread: { buffer: sharedBuffer, callback: (length, buffer) => this.#read(buffer.subarray(0, length)) },
    })
    this.#socket.write(requestHead(path, lastEventId, this.#compressed !== undefined))
    return new Promise((resolve, reject) => {
      this.#opened = { resolve, reject }
      this.#socket.on('error', (error) => this.#lost(error.message))
      this.#socket.on('end', () => this.#lost('server ended the response'))
    })
  }

  /** Reads no further. What the server sends from now on is its own to keep. */
  stall() {
    this.#socket.pause()
  }

  /** From now on reads at most what `allow` grants. */
  throttle() {
    this.#budget = 0
    this.#socket.pause()
  }

  allow(bytes) {
    this.#budget = Math.min(this.#budget + bytes, bytes)
    if (this.#budget > 0) this.#socket.resume()
  }

  close() {
    this.#socket
      .removeAllListeners('error')
      .removeAllListeners('end')
      .on('error', () => {})
      .destroy()
    this.#compressed?.close()
  }

  #read(bytes) {
    this.bytes += bytes.length
    this.reads += 1
    if (this.#head !== undefined) this.#readHead(bytes)
    else this.#take(bytes)
    this.#budget -= bytes.length
    return this.#budget > 0
  }

  #readHead(bytes) {
    const before = this.#head.length
    this.#head += bytes.toString('latin1')
    const end = this.#head.indexOf(HEAD_END)
    if (end === -1) return
    const head = this.#head
    this.#head = undefined
    const status = head.slice(9, 12)
    if (status !== '200') return this.#lost(`status ${status}`)
    const isCompressed = /\r\ncontent-encoding: gzip\r\n/i.test(head)
    if (isCompressed !== (this.#compressed !== undefined)) return this.#lost(`compressed: ${isCompressed}`)
    this.#opened.resolve()
    this.#take(bytes.subarray(end + HEAD_END.length - before))
  }

  #take(bytes) {
    if (this.#compressed) this.#compressed.push(bytes)
    else this.#scan(bytes)
  }

  #scan(bytes) {
    if (this.#cut) {
      bytes = Buffer.concat([this.#cut, bytes])
      this.#cut = undefined
    }
    for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, at + MARK_LENGTH)) {
      if (at + MARK_LENGTH > bytes.length) {
        this.#cut = Buffer.from(bytes.subarray(at)) // the read ended within a mark
        return
      }
      this.#saw(digits(bytes, at + 1, LANE_DIGITS), digits(bytes, at + 1 + LANE_DIGITS, MARK_LENGTH - 1 - LANE_DIGITS))
    }
  }

  #saw(lane, number) {
    const i = this.#lanes.length === 1 ? 0 : this.#lanes.indexOf(lane)
    const next = this.#next[i]
    if (this.#conflated ? number < next : number !== next || this.#lanes[i] !== lane) {
      this.#tally.fail(`lane ${lane}: expected event ${next}, got ${number}`)
      return
    }
    this.#next[i] = number + 1
    this.#tally.count(lane, number)
  }

  #lost(reason) {
    this.#opened.reject(new Error(reason))
    this.#tally.fail(`a connection was lost: ${reason}`)
  }
}

function requestHead(path, lastEventId, isCompressed) {
  const resume = lastEventId ? `Last-Event-ID: ${lastEventId}\r\n` : ''
  const encoding = isCompressed ? 'Accept-Encoding: gzip\r\n' : ''
  const more = encoding + resume
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nConnection: keep-alive\r\n${more}\r\n`
}

/** NaN when something else stands there, which is then no number anyone expects. */
function digits(bytes, at, length) {
  let value = 0
  for (let i = at; i < at + length; i++) {
    const digit = bytes[i] - 48
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return value
}
