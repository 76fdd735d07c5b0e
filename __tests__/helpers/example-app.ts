// The example app on a free port, and a client that follows one of its streams. What a test opened is closed after it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createParser } from 'eventsource-parser'
import { createApp, type AppOptions } from '../../example-app/app.js'
import type { Events } from '../../example-app/events.js'

export const exampleDirectory = join(__dirname, '../../example-app')

const cleanUps: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** By default nothing happens by itself: no replay, no customers. */
export async function startExampleApp(options: Omit<AppOptions, 'directory'> = {}) {
  const create = () => createApp({ directory: exampleDirectory, replay: false, sales: false, retry: 50, ...options })
  let example = create()
  const server = createServer((req, res) => void example.app(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(async () => {
    await example.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  /** As if the process had been killed and started again: nothing of before is known, and the address is the same. */
  const restart = async () => {
    const before = example
    example = create()
    await before.close()
    server.closeAllConnections()
    return example
  }
  return { ...example, restart, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

export interface ReceivedEvent {
  type: string
  id: string
  data: unknown
}

/** Follows a stream. `next` takes the first event of a type that has come and was not taken yet, or waits for it. */
export async function follow(url: string, { lastEventId, cookie }: { lastEventId?: string; cookie?: string } = {}) {
  const abort = new AbortController()
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    ...(cookie !== undefined && { cookie }),
  }
  const response = await fetch(url, { headers, signal: abort.signal })
  const events: ReceivedEvent[] = []
  const taken = new Set<ReceivedEvent>()
  let wake = () => {}
  const parser = createParser({
    onEvent: ({ event = 'message', id = '', data }) => {
      events.push({ type: event, id, data: JSON.parse(data) })
      wake()
    },
  })
  const ended = read(response, (text) => parser.feed(text))
  cleanUps.push(async () => {
    abort.abort()
    await ended
  })

  const take = (type: string, matches: (data: never) => boolean) => {
    const event = events.find((event) => !taken.has(event) && event.type === type && matches(event.data as never))
    if (event) taken.add(event)
    return event
  }
  const next = async <T extends keyof Events>(type: T, matches: (data: Events[T]) => boolean = () => true) => {
    for (;;) {
      const event = take(type, matches)
      if (event) return event as ReceivedEvent & { data: Events[T] }
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const ready = async () => {
    let event = take('sse-ready', () => true)
    while (!event) {
      await new Promise<void>((resolve) => (wake = resolve))
      event = take('sse-ready', () => true)
    }
    return event.data as { resumed: boolean; replayed: number }
  }
  return { response, events, next, ready, ended, leave: () => abort.abort() }
}

async function read(response: Response, onText: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response.body ?? []) onText(decoder.decode(chunk, { stream: true }))
  } catch {
    // Aborted by the test that is over.
  }
}
