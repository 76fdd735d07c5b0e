import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createRegistry, sse, type SseMiddleware } from '../../src/index.js'
import { openStream, type OpenStream } from '../helpers/open-stream.js'
import { bareHttp, startServer, type TestServer } from '../helpers/servers.js'

/** Rows that the app has in its database, by key. */
type Rows = Map<string, number>

const CHANNELS = ['a', 'b'] as const
const KEYS = ['k', 'l', 'm', 'n']

/** A client that keeps a copy of the rows. A gap makes it drop those of the channels that lack events. */
class Copy {
  readonly rows = new Map(CHANNELS.map((channel) => [channel as string, new Map() as Rows]))
  #stream: OpenStream | undefined
  #id = ''
  /** Whether the server could not load its state, so that this client begins anew. */
  #mustReload = false

  get isConnected(): boolean {
    return this.#stream?.state === 'open'
  }

  async connect(server: TestServer, cutAfter: number): Promise<void> {
    if (this.isConnected) return
    if (this.#id === '') for (const rows of this.rows.values()) rows.clear()
    const stream = await openStream(server, { headers: this.#id === '' ? {} : { 'last-event-id': this.#id } })
    this.#stream = stream
    void this.#read(stream, cutAfter)
  }

  drop(): void {
    this.#stream?.close()
    this.#stream = undefined
  }

  /** Settles when everything published so far has been read. */
  async settle(server: TestServer, live: SseMiddleware, data: string): Promise<void> {
    await this.#catchUp(server)
    while (this.#mustReload) await this.#catchUp(server)
    await live.channel('a').publish({ event: 'end', data })
    await this.#stream?.waitFor((event) => event.event === 'end' && event.data === data)
  }

  async #catchUp(server: TestServer): Promise<void> {
    this.drop()
    if (this.#mustReload) this.#id = ''
    this.#mustReload = false
    await this.connect(server, Infinity)
    await this.#stream?.waitFor(({ event }) => event === 'sse-ready')
  }

  async #read(stream: OpenStream, cutAfter: number): Promise<void> {
    for (let read = 0; read < cutAfter; read++) {
      const event = await stream.next().catch(() => undefined)
      if (event === undefined || this.#stream !== stream) return
      this.#take(event)
    }
    stream.close()
  }

  #take({ id, event, data }: { id?: string | undefined; event?: string | undefined; data: string }): void {
    if (id !== undefined) this.#id = id
    if (event === 'sse-gap') {
      const { channels, reason } = JSON.parse(data) as { channels: string[]; reason: string }
      if (reason === 'snapshot') this.#mustReload = true
      for (const channel of channels) this.rows.get(channel)?.clear()
    } else if (event === 'row') {
      const { channel, key, value } = JSON.parse(data) as { channel: string; key: string; value: number | null }
      if (value === null) this.rows.get(channel)?.delete(key)
      else this.rows.get(channel)?.set(key, value)
    }
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      channel: fc.constantFrom(...CHANNELS),
      key: fc.constantFrom(...KEYS),
      isDeleted: fc.constantFrom(false, false, true),
      times: fc.constantFrom(1, 1, 4),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('connect' as const),
      client: fc.nat(2),
      cutAfter: fc.constantFrom(1, 2, 5, Infinity),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), client: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.nat(6) }) },
)

describe('snapshot and events together', () => {
  it('give every client the state of the app, whatever was evicted or cut', async () => {
    let gaps = 0
    let calls = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
        fc.nat(4),
        async (steps, turns) => {
          const state = new Map(CHANNELS.map((channel) => [channel as string, new Map() as Rows]))
          const load = async (channel: string) => {
            calls++
            for (let i = 0; i < turns; i++) await turn()
            const rows = [...(state.get(channel) ?? [])]
            await turn()
            return rows.map(([key, value]) => ({ event: 'row', key, data: { channel, key, value } }))
          }
          const registry = createRegistry({
            history: { events: 6 },
            keys: 2,
            snapshot: { load },
            onError: () => undefined,
          })
          const live = sse({ registry, keepAlive: false })
          const server = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe(CHANNELS))
          const clients = Array.from({ length: 3 }, () => new Copy())
          let version = 0
          for (const each of steps) {
            if (each.do === 'connect') await clients[each.client]!.connect(server, each.cutAfter)
            else if (each.do === 'drop') clients[each.client]!.drop()
            else if (each.do === 'wait') for (let i = 0; i < each.turns; i++) await turn()
            else {
              const { channel, key, isDeleted, times } = each
              for (let i = 0; i < times; i++) {
                const value = isDeleted ? null : ++version
                if (value === null) state.get(channel)!.delete(key)
                else state.get(channel)!.set(key, value)
                await registry.channel(channel).publish({ event: 'row', key, data: { channel, key, value } })
              }
            }
          }
          for (const [i, client] of clients.entries()) await client.settle(server, live, String(i))
          gaps += Object.values(registry.stats().gaps).reduce((sum, n) => sum + n, 0)
          for (const { rows } of clients) {
            for (const channel of CHANNELS) expect(sorted(rows.get(channel))).toEqual(sorted(state.get(channel)))
          }
          await live.close()
          await registry.close()
          await server.close()
        },
      ),
      { numRuns: 40, seed: 11 },
    )
    expect({ gaps: gaps > 20, calls: calls > 20 }).toEqual({ gaps: true, calls: true })
  }, 60_000)
})

function sorted(rows: Rows | undefined): [string, number][] {
  return [...(rows ?? [])].sort(([a], [b]) => a.localeCompare(b))
}
