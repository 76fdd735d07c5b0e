// An app with streams of every kind that the proxy matrix looks at, and a proxy in front of it.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Request, type Response } from 'express'
import { sse, type Connection, type SseMiddleware } from '../../src/index.js'
import { openStream, type OpenStream, type OpenStreamOptions } from './open-stream.js'
import { startProxy, type ProxySetup, type RunningProxy } from './proxy-process.js'

/** As large a cookie as browsers keep. */
export const LARGE_COOKIE = `large=${'x'.repeat(4000)}`

export class ProxiedApp {
  /** Nothing is written but what a test writes: a keep-alive would tell the app of a client that has left. */
  readonly live: SseMiddleware = sse({ keepAlive: false })
  /** Connections in the order of their coming. */
  readonly connections: Connection[] = []
  readonly #server: Server
  #proxy: RunningProxy | undefined

  static async start(setup: ProxySetup): Promise<ProxiedApp> {
    const app = new ProxiedApp()
    await once(app.#server.listen(0, '127.0.0.1'), 'listening')
    app.#proxy = await startProxy(setup, (app.#server.address() as AddressInfo).port)
    return app
  }

  private constructor() {
    const { live } = this
    const app = express()
    app.post('/echo', express.text(), live, (req, res) => void res.sse?.send({ data: req.body as string }))
    app.get('/cookie', live, (req, res) => {
      res.setHeader('Set-Cookie', LARGE_COOKIE)
      res.sse?.send({ data: String(req.headers.cookie?.length) })
    })
    const kept = sse({ registry: live.registry, keepAlive: 250 })
    app.get('/kept/:channel', kept, (req, res) => void res.sse?.subscribe(req.params.channel))
    const compressed = sse({ registry: live.registry, keepAlive: false, compress: true })
    const subscribe = (req: Request<{ channel: string }>, res: Response) => {
      if (res.sse) this.connections.push(res.sse)
      res.sse?.subscribe(req.params.channel)
    }
    app.get('/compressed/:channel', compressed, subscribe)
    app.get('/:channel', live, subscribe)
    this.#server = createServer(app)
  }

  /** How many connections are open, as the app knows. */
  get open(): number {
    return this.live.registry.stats().connections
  }

  /** Asks through the proxy. */
  ask(path: string, options: OpenStreamOptions = {}): Promise<OpenStream> {
    if (this.#proxy === undefined) throw new Error('the proxy has not been started')
    return openStream(this.#proxy, { path, ...options })
  }

  publish(channel: string, data: string): Promise<string> {
    return this.live.channel(channel).publish({ data })
  }

  /** The app goes first: several proxies wait for their streams to end before they leave. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.#proxy?.stop()
  }
}
