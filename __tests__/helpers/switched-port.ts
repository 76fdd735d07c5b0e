// A port that forwards to another, which can be changed, and whose connections can be cut: what stands for a fail-over or
// a broken network between a process and Redis.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterTest } from './after-test.js'

export class SwitchedPort {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #target: number
  #isCut = false

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#forward(socket))
  }

  static async open(target: number): Promise<SwitchedPort> {
    const port = new SwitchedPort(target)
    await once(port.#server.listen(0, '127.0.0.1'), 'listening')
    afterTest(() => {
      port.cut()
      port.#server.close()
    })
    return port
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Cuts all connections, and those to come go to another port. */
  switchTo(target: number): void {
    this.cut()
    this.#target = target
    this.restore()
  }

  /** Cuts all connections and lets none through. */
  cut(): void {
    this.#isCut = true
    for (const [client, server] of this.#pairs) {
      client.destroy()
      server.destroy()
    }
  }

  restore(): void {
    this.#isCut = false
  }

  /** Lets what is asked through, and loses every answer on the connections there are. */
  dropAnswers(): void {
    for (const [client, server] of this.#pairs) {
      server.unpipe(client)
      server.resume()
    }
  }

  /** Holds back every answer on the connections there are, as a slow network does, until the function returned is called. */
  holdAnswers(): () => void {
    const held = [...this.#pairs]
    for (const [client, server] of held) server.unpipe(client)
    return () => {
      for (const [client, server] of held) server.pipe(client)
    }
  }

  #forward(client: Socket): void {
    if (this.#isCut) {
      client.destroy()
      return
    }
    const server = connect(this.#target, '127.0.0.1')
    const pair = [client, server] as const
    this.#pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        for (const end of pair) end.destroy()
        this.#pairs.delete(pair)
      })
    }
    client.pipe(server)
    server.pipe(client)
  }
}
