import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * How far the load generator has got: it sends one byte for each agreed number of deliveries, so that a publisher can
 * stay a bounded number of turns ahead of it instead of filling socket buffers.
 */
export class Acks {
  #count = 0
  #wake = () => {}
  #server = createServer((socket) => {
    socket.on('data', (bytes) => {
      this.#count += bytes.length
      this.#wake()
    })
    socket.on('error', () => {})
  })

  async listen() {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.#server.address().port
  }

  reset() {
    this.#count = 0
  }

  async reached(count) {
    while (this.#count < count) await new Promise((resolve) => (this.#wake = resolve))
  }
}
