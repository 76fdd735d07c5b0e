// A custom store whose log starts late, restarts, skips events, or is behind the IDs of clients.
import { get as httpGet } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sse, type Connection, type SseMiddleware, type Store, type StoreLog } from '../../src/index.js'
import { formatId, type Position } from '../../src/log/position.js'
import { openBothSides } from '../helpers/both-sides.js'
import { openStream, type OpenStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** A store that the test controls. */
class HandStore implements Store {
  log!: StoreLog
  last: Position = { ms: 1000, seq: 0 }
  /** One function for each call of `catchUp`, which settles it. */
  readonly catchingUp: (() => void)[] = []

  start(log: StoreLog): void | Promise<void> {
    this.log = log
  }

  append(): Position | Promise<Position> {
    return this.next()
  }

  catchUp(): Promise<void> {
    return new Promise((resolve) => this.catchingUp.push(resolve))
  }

  close(): void {}

  next(): Position {
    return (this.last = { ms: this.last.ms + 1, seq: 0 })
  }

  begin(epoch: string): void {
    this.log.begin(epoch, this.last)
  }

  /** Another process publishes. Returns the event's position. */
  publish(data: string, key?: string): Position {
    this.log.append(this.next(), { channel: 'a', key, body: `data: ${data}\n` })
    return this.last
  }
}

function start() {
  const store = new HandStore()
  const live = sse({ registry: { store } })
  return { store, live, open: (headers = {}) => openBothSides({ live, headers, handle: (it) => it.subscribe('a') }) }
}

const resumeAfter = (position: Position, epoch: string) => ({ 'last-event-id': formatId(position, epoch) })

const isReady = ({ event }: { event?: string | undefined }) => event === 'sse-ready'

/** Data of the app's events and reasons of gaps, in order. */
function summary({ events }: OpenStream): string[] {
  return events
    .filter((event) => !isReady(event))
    .map(({ event, data }) => (event === 'sse-gap' ? (JSON.parse(data) as { reason: string }).reason : data))
}

/** Opens a stream. `gone` settles when its connection has been garbage-collected. */
async function openForgotten(live: SseMiddleware, headers: Record<string, string>) {
  let weak: WeakRef<Connection> | undefined
  const server = await startServer(bareHttp, live, (_req, res) => {
    weak = new WeakRef(res.sse!)
    res.sse!.subscribe('a')
  })
  const stream = await openStream(server, { headers })
  const gone = () =>
    until(() => {
      collectGarbage()
      return weak?.deref() === undefined
    })
  return { stream, gone }
}

describe('a late store', () => {
  it('keeps subscribers waiting, and then serves each from its place', async () => {
    const { store, live } = start()
    const { stream, another } = await openBothSides({
      live,
      handle: (connection) => connection.subscribe('a', { from: connection.lastEventId === '' ? 'start' : 'now' }),
    })
    const resumed = await another({ headers: resumeAfter(store.last, 'epoch01') })
    store.log.begin('epoch01', store.last, {
      latest: [],
      events: [{ position: store.next(), entry: { channel: 'a', body: 'data: held\n' } }],
      readUpTo: store.last,
    })
    for (const each of [stream, resumed.stream]) {
      await each.waitFor(isReady)
      expect(summary(each)).toEqual(['held'])
    }
    store.publish('1')
    await stream.waitForData('1')
  })

  it('delays requests until it has started, and publishes until they are stored', async () => {
    class FarStore extends HandStore {
      started!: () => void
      appended!: () => void

      override start(log: StoreLog): Promise<void> {
        this.log = log
        return new Promise((resolve) => (this.started = resolve))
      }

      override async append(): Promise<Position> {
        await new Promise<void>((resolve) => (this.appended = resolve))
        return this.publish('1')
      }
    }
    const store = new FarStore()
    const live = sse({ registry: { store } })
    const steps: string[] = []
    const server = await startServer(
      bareHttp,
      (req, res, next) => {
        live(req, res, next)
        steps.push('asked')
      },
      (_req, res) => {
        steps.push('handled')
        res.sse?.subscribe('a')
      },
    )
    const opening = openStream(server)
    await until(() => steps.length > 0)
    store.begin('epoch01')
    steps.push('started')
    store.started()
    const stream = await opening
    expect(steps).toEqual(['asked', 'started', 'handled'])
    await stream.waitFor(isReady)
    const publishing = live.channel('a').publish({ data: '1' })
    store.appended()
    const { id } = await stream.waitForData('1')
    expect(await publishing).toBe(id)
  })

  it('releases a waiting request if its client leaves', async () => {
    class SlowStore extends HandStore {
      override start(log: StoreLog): Promise<void> {
        this.log = log
        return new Promise(() => {})
      }
    }
    const live = sse({ registry: { store: new SlowStore() } })
    let weak: WeakRef<object> | undefined
    let handled = 0
    const server = await startServer(
      bareHttp,
      (_req, res, next) => {
        weak = new WeakRef(res)
        next()
      },
      live,
      () => handled++,
    )
    const request = httpGet(server.origin, { headers: { accept: 'text/event-stream' } }).on('error', () => {})
    await until(() => weak !== undefined)
    request.destroy()
    await until(() => {
      collectGarbage()
      return weak?.deref() === undefined
    })
    expect(handled).toBe(0)
  })

  it('that restarts its log gives subscribers a gap, and they continue', async () => {
    const { store, open } = start()
    store.begin('epoch01')
    const { stream } = await open()
    await stream.waitFor(isReady)
    store.publish('1')
    await stream.waitForData('1')
    store.begin('epoch02')
    store.publish('2')
    await stream.waitForData('2')
    expect(summary(stream)).toEqual(['1', 'restarted', '2'])
    expect(stream.lastEventId).toMatch(/-epoch02$/)
  })

  it('that skips events gives subscribers a gap and the latest event of each key', async () => {
    const { store, live, open } = start()
    store.begin('epoch01')
    const { stream } = await open()
    await stream.waitFor(isReady)
    const position = store.next()
    store.log.skip(position, [{ position, entry: { channel: 'a', key: 'k', body: 'data: latest\n' } }])
    store.publish('2')
    await stream.waitForData('2')
    expect(summary(stream)).toEqual(['slow', 'latest', '2'])
    expect(live.registry.stats().gaps.slow).toBe(1)
  })
})

describe('a resuming client', () => {
  it('waits for catchUp if it is ahead of the log, and then gets no gap', async () => {
    const { store, open } = start()
    store.begin('epoch01')
    const ahead = { ms: store.last.ms + 1, seq: 0 }
    const { stream } = await open(resumeAfter(ahead, 'epoch01'))
    await until(() => store.catchingUp.length === 1)
    store.publish('read elsewhere')
    store.publish('new')
    store.catchingUp[0]!()
    await stream.waitFor(isReady)
    expect(summary(stream)).toEqual(['new'])
  })

  it('waits also if the log has not reached its own ID', async () => {
    const { store, open } = start()
    store.begin('epoch01')
    const { stream } = await open({ 'last-event-id': 'own-1' })
    await until(() => store.catchingUp.length === 1)
    store.log.append(store.next(), { channel: 'a', id: 'own-1', body: 'data: read elsewhere\n' })
    store.publish('new')
    store.catchingUp[0]!()
    await stream.waitFor(isReady)
    expect(summary(stream)).toEqual(['new'])
  })

  it('is released at once if it leaves while it waits', async () => {
    const { store, live } = start()
    store.begin('epoch01')
    const { gone, stream } = await openForgotten(live, { 'last-event-id': 'own-1' })
    await until(() => store.catchingUp.length === 1)
    stream.close()
    await gone()
    expect(live.registry.stats().connections).toBe(0)
  })

  it('gets a gap if the log restarts while it waits', async () => {
    const { store, open } = start()
    store.begin('epoch01')
    const { stream } = await open(resumeAfter({ ms: store.last.ms + 9, seq: 0 }, 'epoch01'))
    await until(() => store.catchingUp.length === 1)
    store.begin('epoch02')
    store.publish('latest', 'k')
    store.catchingUp[0]!()
    await stream.waitFor(isReady)
    expect(summary(stream)).toEqual(['restarted', 'latest'])
  })

  it('does not wait if the log has reached its ID', async () => {
    const { store, open } = start()
    store.begin('epoch01')
    const position = store.publish('1')
    store.publish('2')
    const { stream } = await open(resumeAfter(position, 'epoch01'))
    await stream.waitFor(isReady)
    expect(summary(stream)).toEqual(['2'])
    expect(store.catchingUp).toEqual([])
  })

  it('waits only once, and its later subscriptions do not delay it', async () => {
    const { store, open } = start()
    store.begin('epoch01')
    const { connection, stream } = await open(resumeAfter(store.last, 'epoch99'))
    await until(() => store.catchingUp.length === 1)
    store.catchingUp[0]!()
    await stream.waitFor(isReady)
    connection.subscribe('b')
    store.publish('live')
    await stream.waitForData('live')
    expect(store.catchingUp).toHaveLength(1)
  })

  it('is not reported as resumed after a gap, even if another subscription resumes', async () => {
    const { store, live } = start()
    store.begin('epoch01')
    const { stream } = await openBothSides({
      live,
      headers: resumeAfter(store.last, 'epoch99'),
      handle: (connection) => {
        connection.subscribe('a')
        void until(() => store.catchingUp.length === 1).then(() => {
          store.catchingUp[0]!()
          // In the same turn: after the first subscription has its place, before sse-ready.
          connection.subscribe('b')()
        })
      },
    })
    const { data } = await stream.waitFor(isReady)
    expect(JSON.parse(data)).toMatchObject({ resumed: false })
  })
})
