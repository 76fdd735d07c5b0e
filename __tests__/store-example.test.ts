// The store in docs/stores.md, read from the page.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import ts from 'typescript'
import { createRegistry, sse, type LogEntry, type Store } from '../src/index.js'
import { RecordingLog, storeContract } from '../src/store-contract/index.js'
import { complaints, createProgram, strictApp } from './helpers/compiler.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, startServer } from './helpers/servers.js'

const root = join(__dirname, '..')
const page = join(root, 'docs/stores.md')
const source = /^```ts\n(.*?)^```/ms.exec(readFileSync(page, 'utf8'))?.[1] ?? ''

const { FileStore } = evaluate(source) as { FileStore: new (path: string) => Store }

const directory = mkdtempSync(join(tmpdir(), 'file-store-'))
let files = 0
const newPath = () => join(directory, String(files++))

afterAll(() => rmSync(directory, { recursive: true }))

/** Runs a module of TypeScript. Returns what it exports. */
function evaluate(code: string): unknown {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  })
  const exported = {}
  const run = compileFunction(outputText, ['require', 'exports']) as (...args: unknown[]) => void
  run(require, exported)
  return exported
}

/** What the compiler says about a module of TypeScript in this folder. */
function complaintsAbout(code: string): string[] {
  const path = join(__dirname, 'store-example.ts')
  const options = { ...strictApp, paths: { 'express-sse-channels': [join(root, 'src/index.ts')] } }
  const program = createProgram([path], options, new Map([[path, code]]))
  return complaints(program, [program.getSourceFile(path)])
}

function started(path: string) {
  const store = new FileStore(path)
  const log = new RecordingLog()
  void store.start(log)
  return { store, log }
}

describe('the store contract, with the example store', () => {
  it.each(storeContract(() => ({ open: () => new FileStore(newPath()) })))('$name', ({ run }) => run())
})

describe('the example store', () => {
  it('compiles against the exported types', () => {
    expect(complaintsAbout(`${source}\nexport const wrong: number = ''`)).toEqual([
      expect.stringContaining("Type 'string' is not assignable to type 'number'."),
    ])
  })

  it('lets a client resume without a gap after a restart', async () => {
    const path = newPath()
    const before = createRegistry({ store: new FileStore(path) })
    const id = await before.channel('a').publish({ data: '1' })
    await before.channel('a').publish({ data: '2' })
    await before.close()

    const live = sse({ registry: { store: new FileStore(path) } })
    const server = await startServer(bareHttp, live, (_req, res) => res.sse!.subscribe('a'))
    await live.channel('a').publish({ data: '3' })
    const stream = await openStream(server, { headers: { 'last-event-id': id } })
    const ready = await stream.waitFor(({ event }) => event === 'sse-ready')
    expect(JSON.parse(ready.data)).toEqual({ resumed: true, replayed: 2 })
    expect(stream.data).toEqual(['2', '3'])
    await live.close()
  })

  it('keeps only the latest event of each key when events are too old, and of no forgotten key', async () => {
    const path = newPath()
    const first = started(path)
    const entries: LogEntry[] = [
      { channel: 'a', key: 'gone', body: 'data: 0\n' },
      { kind: 'forget', channel: 'a', key: 'gone' },
      { channel: 'a', key: 'k', body: 'data: 1\n' },
      { channel: 'a', key: 'k', body: 'data: 2\n' },
      { channel: 'b', body: 'data: 3\n' },
    ]
    for (const entry of entries) await first.store.append(entry)
    await first.store.close()

    const newest = first.log.events.at(-1)?.position
    const log = new RecordingLog()
    log.bounds.history.age = -1
    void new FileStore(path).start(log)
    expect(log.latest.map(({ entry }) => entry)).toEqual([entries[3]])
    expect({ events: log.events, floor: log.floor, epoch: log.epoch }).toEqual({
      events: [],
      floor: newest,
      epoch: first.log.epoch,
    })
    expect(started(path).log.latest).toEqual(log.latest)
  })

  it('reads on after a line that a crash has cut short', async () => {
    const path = newPath()
    const first = started(path)
    await first.store.append({ channel: 'a', body: 'data: 1\n' })
    appendFileSync(path, '\n{"position":{"ms":1,')
    await first.store.append({ channel: 'a', body: 'data: 2\n' })
    expect(started(path).log.bodies).toEqual(['data: 1\n', 'data: 2\n'])
  })
})
