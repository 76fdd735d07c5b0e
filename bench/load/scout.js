import { once } from 'node:events'
import { get } from 'node:http'
import { pathTo } from './crowd.js'

/** Reads a stream as text, to learn the event IDs that clients come back with. */
export class Scout {
  #response
  #text = ''

  /** Resolves once the head of the response is there. */
  async open({ port }) {
    const headers = { accept: 'text/event-stream' }
    const request = get({ host: '127.0.0.1', port, path: pathTo([0]), headers, agent: false })
    ;[this.#response] = await once(request, 'response')
    this.#response.setEncoding('utf8')
    this.#response.on('data', (text) => (this.#text += text))
  }

  /** Waits for `count` events; returns the IDs of the first and of the last of them, and leaves. */
  async idsOf(count) {
    while (this.#events().length < count) await once(this.#response, 'data')
    this.#response.destroy()
    const [first, last] = [0, count - 1].map((i) => /^id: ?(.*)$/m.exec(this.#events()[i])[1])
    return { first, last }
  }

  /** The events that are there whole: what follows the last blank line is not. */
  #events() {
    return this.#text
      .split('\n\n')
      .slice(0, -1)
      .filter((event) => event.includes('#'))
  }
}
