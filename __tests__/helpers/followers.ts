// Three event stream parsers that have nothing in common, and what each of them makes of a stream.
import { EventSource } from 'eventsource'
import { EventSource as UndiciEventSource } from 'undici'
import { openStream } from './open-stream.js'
import type { TestServer } from './servers.js'

export interface Followed {
  event: string
  data: string
  lastEventId: string
}

/** Reads a stream until an event of the type `END` and says what came before, of every type or of these. */
type Follow = (server: TestServer, path: string, types: readonly string[]) => Promise<Followed[]>

export const END = 'the end'

export const followers: readonly { name: string; follow: Follow }[] = [
  { name: 'eventsource-parser', follow: followRaw },
  { name: 'npm eventsource', follow: (...args) => followSource(EventSource, ...args) },
  { name: 'undici', follow: (...args) => followSource(UndiciEventSource, ...args) },
]

async function followRaw(server: TestServer, path: string): Promise<Followed[]> {
  const stream = await openStream(server, { path })
  await stream.waitFor(({ event }) => event === END)
  stream.close()
  let lastEventId = ''
  return stream.events.slice(0, -1).map(({ event, data, id }) => {
    lastEventId = id ?? lastEventId
    return { event: event === undefined || event === '' ? 'message' : event, data, lastEventId }
  })
}

type EventSourceClass = new (url: string) => EventTarget & { close(): void }

function followSource(
  Source: EventSourceClass,
  { origin }: TestServer,
  path: string,
  types: readonly string[],
): Promise<Followed[]> {
  const source = new Source(origin + path)
  const followed: Followed[] = []
  return new Promise((resolve, reject) => {
    for (const event of new Set(types)) {
      source.addEventListener(event, (message) => {
        const { data, lastEventId } = message as MessageEvent<string>
        followed.push({ event, data, lastEventId })
      })
    }
    source.addEventListener(END, () => {
      source.close()
      resolve(followed)
    })
    source.addEventListener('error', () => {
      source.close()
      reject(new Error('the stream broke off'))
    })
  })
}
