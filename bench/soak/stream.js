import { get } from 'node:http'
import { createParser } from 'eventsource-parser'

/** Milliseconds between two reads of one that dawdles. */
const DAWDLE = 300

/** One event stream, read as fast as it comes, slowly, or not at all for a while, until either side ends it. */
export class Stream {
  #request
  #response
  #handlers
  #isDawdling = false
  #pause

  /** `onOpen(published)`, `onEvent(event)`, `onComment()` and `onEnd()` are not called any more after `leave`. */
  constructor({ lastEventId, ...options }, handlers) {
    const headers = { accept: 'text/event-stream', ...(lastEventId !== '' && { 'last-event-id': lastEventId }) }
    this.#handlers = handlers
    this.#request = get({ ...options, headers, agent: false })
    this.#request.on('error', () => {}) // `close` follows
    this.#request.on('response', (response) => this.#read(response))
    this.#request.on('close', () => this.#end())
  }

  get isOpen() {
    return this.#response !== undefined && this.#handlers !== undefined
  }

  stall() {
    this.#response.pause()
  }

  dawdle() {
    this.#isDawdling = true
    this.#pauseForAWhile()
  }

  readOn() {
    this.#isDawdling = false
    clearTimeout(this.#pause)
    this.#response?.resume()
  }

  leave(how) {
    this.#handlers = undefined
    this.readOn() // what is not read would keep its socket from closing
    const { socket } = this.#request
    if (how === 'politely' && socket !== null) return socket.end()
    if (how === 'by reset') socket?.resetAndDestroy()
    this.#request.destroy()
  }

  #read(response) {
    const { published } = response.headers
    // A request that was shed never came to the handler that says how much has been published.
    if (this.#handlers === undefined || published === undefined) return response.resume()
    this.#response = response
    this.#handlers.onOpen(JSON.parse(published))
    const parser = createParser({
      onEvent: (event) => this.#handlers?.onEvent(event),
      onComment: () => this.#handlers?.onComment(),
    })
    response.setEncoding('utf8')
    response.on('error', () => {})
    response.on('data', (text) => {
      if (this.#isDawdling) this.#pauseForAWhile()
      parser.feed(text)
    })
  }

  #pauseForAWhile() {
    this.#response.pause()
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => this.#response.resume(), DAWDLE)
  }

  #end() {
    const handlers = this.#handlers
    this.#handlers = undefined
    clearTimeout(this.#pause)
    handlers?.onEnd()
  }
}
