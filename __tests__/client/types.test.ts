// What the compiler accepts. Only the last test runs; the type checker reads the rest.
import { join } from 'node:path'
import { EventStream, keyedState, type Gap, type StreamState } from '../../src/client/index.js'
import type { GapReason } from '../../src/index.js'
import { complaints, createProgram, strictApp } from '../helpers/compiler.js'

interface Events {
  score: { home: number }
  message: { text: string }
}

const use = <T = unknown>(value: T): T => value

export function typed(stream: EventStream<Events>): void {
  stream.addEventListener('score', (event) => {
    use<number>(event.json().home)
    use<string>(event.data)
    use<string>(event.lastEventId)
    // @ts-expect-error -- a score has no guests
    use(event.json().guests)
  })
  stream.onmessage = (event) => {
    use<string>(event.json().text)
  }
  stream.addEventListener('gap', ({ detail }) => {
    use<Gap>(detail)
    // The client imports nothing of the server, so it repeats the reasons.
    use<GapReason>(detail.reason)
    use<(reason: GapReason) => void>((reason: Gap['reason']) => use(reason))
  })
  stream.addEventListener('statechange', ({ detail }) => {
    use<StreamState>(detail)
    if (detail.name === 'waiting') use<number>(detail.nextTry)
    // @ts-expect-error -- only while waiting
    use(detail.nextTry)
  })
  stream.addEventListener('close', ({ detail }) => use<string>(detail.code))
  stream.addEventListener('anything', (event) => {
    // @ts-expect-error -- an event that the map does not name has a value of no known type
    use(event.json().home)
  })
  const listener = (event: MessageEvent) => use(event.type)
  stream.addEventListener('score', listener)
  stream.removeEventListener('score', listener)
}

export async function typedState(stream: EventStream<Events>): Promise<void> {
  const scores = keyedState(stream, 'score', { key: (event) => event.json().home })
  use<ReadonlyMap<number, { home: number }>>(scores.get())
  // @ts-expect-error -- nobody may change the map
  scores.subscribe((map) => use<Map<number, { home: number }>>(map))
  const others = keyedState(stream, 'anything', { key: ({ data }) => data, remove: () => false })
  use<ReadonlyMap<string, unknown>>(others.get())
  // @ts-expect-error -- the data of an event that the map of types does not name is unknown
  use<ReadonlyMap<string, { home: number }>>(others.get())
  for await (const event of stream.events('score')) use<number>(event.json().home)
  for await (const { detail } of stream.events('gap')) use<boolean>(detail.complete)
  // @ts-expect-error -- a number
  stream.events('score', { maxBufferedEvents: '1' })
}

/** Code that was written for EventSource takes an EventStream. */
export function dropIn(stream: EventStream<Events>): EventSource {
  return stream
}

export function refused(): void {
  // @ts-expect-error -- a stream can be sent only once
  new EventStream('http://127.0.0.1/', { body: new ReadableStream() })
  // @ts-expect-error -- milliseconds, or false
  new EventStream('http://127.0.0.1/', { keepAlive: true })
}

it.each([
  ['with the types of browsers alone', { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: [] }],
  ['with the types of Node alone', { lib: ['lib.es2022.d.ts'], types: ['node'] }],
])('the client compiles %s', (_, options) => {
  const program = createProgram([join(__dirname, '../../src/client/index.ts')], { ...strictApp, ...options })
  expect(complaints(program, program.getSourceFiles())).toEqual([])
})
