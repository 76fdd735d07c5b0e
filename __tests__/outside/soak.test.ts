/** The soak: its checks can fail, and it runs for a few seconds. `.ci/run` runs it for minutes. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import { afterTest } from '../helpers/after-test.js'
import { brokenPackage, bundlePackage } from '../helpers/broken-package.js'
import { bareHttp, startServer } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

type Counts = Record<string, number>
interface Received {
  id?: string
  event: string
  data: string
}

interface Reading {
  lastEventId: string
  connected(published: Counts, sentId?: string): void
  take(event: Received, now: number): void
  owed(published: Counts): string | undefined
  takeLosses(): Loss[]
}

interface Loss {
  channel: string
  first: number
  last: number
  at: number
}

interface Client {
  readonly received: number
  settle(): void
  expect(published: Counts): void
  leave(): void
}

interface Chance {
  pick<T>(list: T[]): T | undefined
  some<T>(list: T[], count: number): T[]
  chance(share: number): boolean
}

interface ClientOptions {
  random: Chance
  port: number
  clock: () => number
  onComplaint: (complaint: { complaint: string }) => void
}

interface Judgement {
  Client: new (index: number, options: ClientOptions) => Client
  STREAM: { keepAlive: number }

  Reading: new (plan: { channels: string[]; from?: string; filtered?: boolean }) => Reading
  Losses: new () => { note(at: number, counts: Counts): void; complaint(loss: Loss): string | undefined }
  messageOf(channel: string, number: number): { event: string; data: object; key?: string }
}

const soak = join(__dirname, '../../bench/soak')
const folder = mkdtempSync(join(tmpdir(), 'sse-soak-test-'))
const bundle = join(folder, 'package.cjs')
let judgement: Judgement

beforeAll(() => {
  bundlePackage(bundle)
  const names = ['reading', 'losses', 'events', 'client', 'limits'].map((name) => `export * from './${name}.js'`)
  const outfile = join(folder, 'judgement.cjs')
  const stdin = { contents: names.join('\n'), resolveDir: soak }
  buildSync({ stdin, bundle: true, platform: 'node', format: 'cjs', outfile })
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- made just now
  judgement = require(outfile) as Judgement
})

afterAll(() => rmSync(folder, { recursive: true }))

const SCORE = 'score:0'
const SHOP = 'availability:0'

/** A client that reads one channel, after a number of events. IDs rise with every event. */
function begin(channel: string, published: number, plan: { from?: string; filtered?: boolean } = {}) {
  const reading = new judgement.Reading({ channels: [channel], ...plan })
  let ids = 0
  const nextId = () => `${(++ids).toString(36)}-0-epoch`
  const connect = (count: number, sentId?: string) => reading.connected({ [channel]: count }, sentId)
  const take = (...numbers: number[]) => {
    for (const number of numbers) {
      const { event, data } = judgement.messageOf(channel, number)
      reading.take({ id: nextId(), event, data: JSON.stringify(data) }, 0)
    }
  }
  const control = (event: string, data: object, now = 0) =>
    reading.take({ id: nextId(), event, data: JSON.stringify(data) }, now)
  const ready = ({ resumed = false, replayed = 0 } = {}) => control('sse-ready', { resumed, replayed })
  const gap = ({ reason = 'evicted', channels = [channel], complete = false, now = 0 } = {}) =>
    control('sse-gap', { channels, reason, complete }, now)
  connect(published)
  return { reading, connect, take, ready, gap, owed: (count: number) => reading.owed({ [channel]: count }) }
}

describe('the soak, for a channel without keys,', () => {
  it('accepts each event once and in order, across a resume', () => {
    const { take, ready, connect, owed } = begin(SCORE, 10)
    ready()
    take(11, 12)
    connect(15)
    take(13, 14, 15)
    ready({ resumed: true, replayed: 3 })
    take(16)
    expect(owed(16)).toBeUndefined()
  })

  it.each([
    ['a missing event', [11, 13], /lost events 12 to 12 of score:0 in silence/],
    ['a missing first event', [12], /lost events 11 to 11/],
    ['a doubled event', [11, 11], /late or twice/],
    ['events out of order', [11, 13, 12], /lost events 12 to 12/],
    ['an event from before the connection', [10], /late or twice/],
  ])('notices %s', (_, numbers, complaint) => {
    const { take } = begin(SCORE, 10)
    expect(() => take(...numbers)).toThrow(complaint)
  })

  it('notices missing events at the end', () => {
    const { take, owed } = begin(SCORE, 10)
    take(11)
    expect(owed(13)).toBe('lost events 12 to 13 of score:0 in silence')
  })

  it('notices events missing from a resume as soon as sse-ready comes', () => {
    const { take, ready, connect } = begin(SCORE, 10)
    ready()
    take(11)
    connect(15)
    expect(() => ready({ resumed: true })).toThrow('caught up, but lost events 12 to 15')
  })

  it('accepts events lost to a gap, and lists them', () => {
    const { reading, take, ready, gap, connect, owed } = begin(SCORE, 10)
    ready()
    take(11)
    connect(300)
    gap({ now: 7 })
    take(...Array.from({ length: 100 }, (_, i) => 201 + i))
    ready({ replayed: 100 })
    expect(owed(300)).toBeUndefined()
    expect(reading.takeLosses()).toEqual([{ channel: SCORE, first: 12, last: 200, at: 7 }])
  })

  it('expects the newest of every key again after a complete gap', () => {
    const { take, ready, connect, gap, owed } = begin(SHOP, 0)
    take(1, 2)
    ready({ replayed: 2 })
    connect(2)
    gap({ complete: true })
    expect(() => ready({ replayed: 0 })).toThrow(/lost event [12] of availability:0/)
    take(1, 2)
    expect(owed(2)).toBeUndefined()
  })

  it('notices a gap without missing events, and a gap of another channel', () => {
    const { take, gap } = begin(SCORE, 10)
    expect(() => gap({ channels: ['score:1'], reason: 'slow' })).toThrow('which it does not read')
    gap({ reason: 'slow' })
    expect(() => take(11)).toThrow('where nothing is missing')
  })

  it('notices a wrong resumed flag, with and without a gap', () => {
    const { ready, connect, gap } = begin(SCORE, 10)
    ready()
    connect(10)
    expect(() => ready({ resumed: false })).toThrow('resumed: false, without a gap')
    connect(300)
    gap()
    expect(() => ready({ resumed: true })).toThrow('resumed: true, after a gap')
  })

  it('expects sse-ready once, and again after each gap', () => {
    const { ready, take, gap } = begin(SCORE, 10)
    ready()
    expect(() => ready()).toThrow('sse-ready twice')
    gap({ reason: 'slow' })
    take(12)
    expect(() => ready({ replayed: 0 })).toThrow('got 1')
    ready({ replayed: 1 })
    expect(() => ready()).toThrow('sse-ready twice')
  })

  it('notices a resume after an ID that was never given out', () => {
    const { ready, connect } = begin(SCORE, 10)
    ready()
    connect(10, 'of something else')
    expect(() => ready({ resumed: true })).toThrow('resumed: true')
  })

  it('notices a wrong count of replayed events', () => {
    const { take, ready } = begin(SCORE, 10)
    take(11)
    expect(() => ready({ replayed: 2 })).toThrow('told of 2 replayed events, got 1')
  })

  it('notices an event that its filter refuses, and no others as missing', () => {
    const { take, owed } = begin(SCORE, 10, { filtered: true })
    take(12, 14)
    expect(owed(15)).toBeUndefined()
    expect(owed(16)).toMatch(/lost events 16 to 16/)
    expect(() => take(17)).toThrow('past its filter')
  })

  it('notices an event whose ID is not above the last one', () => {
    const { reading, take } = begin(SCORE, 10)
    take(11)
    const { event, data } = judgement.messageOf(SCORE, 12)
    const again = { id: reading.lastEventId, event, data: JSON.stringify(data) }
    expect(() => reading.take(again, 0)).toThrow('behind one with a higher ID')
  })

  it('notices changed data', () => {
    const { reading } = begin(SCORE, 10)
    const data = JSON.stringify({ channel: SCORE, number: 11, text: 'something else' })
    expect(() => reading.take({ id: 'b-0-epoch', event: 'score', data }, 0)).toThrow('changed on its way')
  })
})

describe('the soak, for a channel with keys,', () => {
  /** Two events of one key, and one of another key in between. */
  const [older, other, newer] = [2, 3, 15] as const

  it('accepts a skipped event if a newer one of its key comes', () => {
    const { take } = begin(SHOP, 0)
    expect(() => take(other, newer)).not.toThrow()
  })

  it('notices an older event after a newer one of its key', () => {
    const { take } = begin(SHOP, 0)
    take(other, newer)
    expect(() => take(older)).toThrow('got event 2 of availability:0 after event 15 of the same key')
  })

  it('notices that the latest event of a key is missing', () => {
    const { take, owed } = begin(SHOP, 0)
    const all = Array.from({ length: 30 }, (_, i) => i + 1)
    take(...all.filter((number) => number !== newer))
    expect(owed(30)).toMatch(/lost event 15 of availability:0/)
  })

  it('expects the latest event of every key at the start, unless from is now', () => {
    expect(() => begin(SHOP, 30).ready()).toThrow('caught up, but lost event')
    expect(() => begin(SHOP, 30, { from: 'now' }).ready()).not.toThrow()
  })
})

describe('the soak, for events lost to a gap,', () => {
  it.each([
    ['accepts events that newer ones have evicted', { first: 11, last: 100, at: 5 }, false],
    ['accepts events that were too old', { first: 11, last: 150, at: 60_000 }, false],
    ['notices events that history still held', { first: 11, last: 150, at: 5 }, true],
  ])('%s', (_, loss, isWrong) => {
    const losses = new judgement.Losses()
    losses.note(0, { [SCORE]: 0 })
    losses.note(10, { [SCORE]: 200 })
    const complaint = losses.complaint({ channel: SCORE, ...loss })
    expect(complaint !== undefined).toBe(isWrong)
  })
})

describe('the soak, for a client that waits for an event,', () => {
  /** A client that reads one channel from its start and gets a text at once. Each look at its clock adds `tick` ms. */
  async function waitForOne(text: string, tick: number) {
    const { port } = await startServer(bareHttp, (_, res) => {
      res.writeHead(200, { published: JSON.stringify({ [SCORE]: 0 }) })
      res.write(text)
    })
    const complaints: string[] = []
    let time = 0
    const client = new judgement.Client(0, {
      random: { pick: ([first]) => first, some: (list, count) => list.slice(0, count), chance: () => false },
      port,
      clock: () => (time += tick),
      onComplaint: ({ complaint }) => complaints.push(complaint),
    })
    afterTest(() => client.leave())
    client.settle()
    client.expect({ [SCORE]: 1 })
    await until(() => client.received + complaints.length > 0)
    return complaints
  }

  function keepAlivesAndEvent() {
    const { event, data } = judgement.messageOf(SCORE, 1)
    return `${':\n\n'.repeat(5)}id: 1-0-epoch\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  }

  it('accepts keep-alives that have piled up before the event', async () => {
    expect(await waitForOne(keepAlivesAndEvent(), 0)).toEqual([])
  })

  it('notices that only keep-alives come for a while', async () => {
    const complaints = await waitForOne(keepAlivesAndEvent(), judgement.STREAM.keepAlive)
    expect(complaints).toEqual(['lost events 1 to 1 of score:0 in silence, only keep-alives come'])
  })
})

/** Runs the soak for six seconds. */
async function run(packageFile: string) {
  const args = ['--minutes', '0.1', '--clients', '60', '--seed', '1']
  const env = { ...process.env, BENCH_PACKAGE: pathToFileURL(packageFile).href }
  return new Promise<{ code: number | string; stdout: string }>((resolve) => {
    execFile(process.execPath, [join(soak, 'run.js'), ...args], { env }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout }),
    )
  })
}

describe('the soak, for a few seconds,', () => {
  it('finds no fault', async () => {
    const { code, stdout } = await run(bundle)
    expect(stdout).toMatch(/Complaints \| none/)
    expect(code).toBe(0)
  })

  it('fails a package that sometimes loses an event, and prints the client’s log', async () => {
    const packageFile = join(folder, 'broken.mjs')
    writeFileSync(packageFile, brokenPackage(bundle, "count % 10 === 0 ? Promise.resolve('') : publish(message)"))
    const { code, stdout } = await run(packageFile)
    expect(stdout).toMatch(/client \d+, which reads .*: .*lost event/)
    expect(stdout).toMatch(/s {2}connects after ""/)
    expect(stdout).toMatch(/FAILED: \d+ complaints; seed 1/)
    expect(code).toBe(1)
  })
})
