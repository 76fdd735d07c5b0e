// A port that forwards to another over a slow line: what comes back is let through a little at a time, and counted.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterTest } from './after-test.js'

/** Milliseconds from one portion to the next. */
const PERIOD = 20

export interface Line {
  /** How much comes back; without it as much as there is. */
  bytesPerSecond?: number
  /** Milliseconds by which all that comes back is late. */
  delay?: number
}

export class ThrottledPort {
  /** How many bytes have come back. */
  received = 0
  /** How many connections were made. */
  connections = 0
  readonly #server: Server
  readonly #target: number
  readonly #line: Line
  readonly #sockets = new Set<Socket>()

  private constructor(target: number, line: Line) {
    this.#target = target
    this.#line = line
    this.#server = createServer((socket) => this.#forward(socket))
  }

  static async open(target: number, line: Line = {}): Promise<ThrottledPort> {
    const port = new ThrottledPort(target, line)
    await once(port.#server.listen(0, '127.0.0.1'), 'listening')
    afterTest(() => {
      for (const socket of port.#sockets) socket.destroy()
      port.#server.close()
    })
    return port
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #forward(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    this.connections++
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        server.destroy()
        this.#sockets.delete(socket)
      })
    }
    client.pipe(server)
    const { bytesPerSecond = Infinity, delay = 0 } = this.#line
    if (bytesPerSecond === Infinity) {
      server.on('data', (data: Buffer) => {
        this.received += data.length
        setTimeout(() => client.write(data), delay)
      })
      return
    }
    const portion = Math.ceil((bytesPerSecond * PERIOD) / 1000)
    const timer = setInterval(() => {
      const data = server.read(Math.min(portion, server.readableLength)) as Buffer | null
      if (data === null) return
      this.received += data.length
      client.write(data)
    }, PERIOD)
    client.on('close', () => clearInterval(timer))
  }
}
