// Compiled, never run: code that must compile, and after each `@ts-expect-error` a line that must not.
import {
  createRegistry,
  sse,
  SseError,
  type Channel,
  type ChannelRegistry,
  type CloseReason,
  type Connection,
  type Message,
  type PublishedEvent,
  type RegistryStats,
  type Store,
} from 'express-sse-channels'

interface Score {
  home: number
  away: number
}

interface Events {
  score: Score
  availability: 'in stock' | 'sold out'
  note: string
  tick: undefined
}

const score: Score = { home: 1, away: 0 }

export async function publishing(channel: Channel<Events>) {
  const id: string = await channel.publish({ event: 'score', data: score, key: 'score' })
  await channel.publish({ event: 'availability', data: 'sold out', id: 'own', retry: 1000, comment: 'text' })
  await channel.publish({ event: 'note', data: id })
  await channel.publish({ event: 'tick' })
  await channel.publish({ comment: 'nothing but a comment' })
  await channel.publish({ retry: 1000 })

  // @ts-expect-error -- an event type that the map does not have
  await channel.publish({ event: 'scores', data: score })
  // @ts-expect-error -- another event's data
  await channel.publish({ event: 'score', data: 'sold out' })
  // @ts-expect-error -- data of a wrong shape
  await channel.publish({ event: 'score', data: { home: 1 } })
  // @ts-expect-error -- data with a property too many
  await channel.publish({ event: 'score', data: { home: 1, away: 0, draw: false } })
  // @ts-expect-error -- a value outside the union
  await channel.publish({ event: 'availability', data: 'maybe' })
  // @ts-expect-error -- an event without its data
  await channel.publish({ event: 'score' })
  // @ts-expect-error -- an event without a name, which the map does not have
  await channel.publish({ data: score })
  // @ts-expect-error -- a field that does not exist
  await channel.publish({ event: 'note', data: '', type: 'score' })
  // @ts-expect-error -- a number for a text
  await channel.publish({ event: 'note', data: '', id: 7 })
  // @ts-expect-error -- a text for a number
  await channel.publish({ event: 'note', data: '', retry: '1000' })
  // @ts-expect-error -- an event type that is only known to be some text
  await channel.publish({ event: id, data: '' })
  // @ts-expect-error -- no message
  await channel.publish()
}

export async function publishingUnnamed(channel: Channel<{ message: Score; other: string }>) {
  await channel.publish({ data: score })
  await channel.publish({ event: 'message', data: score })
  await channel.publish({ event: 'other', data: '' })
  // @ts-expect-error -- data that is not the unnamed event's
  await channel.publish({ data: 'text' })
}

export async function publishingAnything(channel: Channel) {
  await channel.publish({ event: 'whatever', data: score })
  await channel.publish({ data: 7 })
  // @ts-expect-error -- an event type that is no text
  await channel.publish({ event: 7 })
}

export function middlewares() {
  const live = sse<Events>({ retry: 1000, keepAlive: false, headers: { 'X-A': ['a', 'b'] } })
  const registry: ChannelRegistry<Events> = live.registry
  const channel: Channel<Events> = live.channel('game:42')
  const ended: Promise<void> = live.close()
  const same = sse({ registry })
  void same.channel('a').publish({ event: 'score', data: score })
  // @ts-expect-error -- the events are those of the registry that was passed in
  void same.channel('a').publish({ event: 'scores', data: score })
  // @ts-expect-error -- a registry of other events
  sse<{ other: string }>({ registry })
  sse({ registry: { keys: 10, history: false } })
  // @ts-expect-error -- a middleware in place of its registry
  sse({ registry: live })
  // @ts-expect-error -- a channel's name must be given
  live.channel()
  return { channel, ended }
}

export function options(store: Store) {
  createRegistry<Events>({ history: { events: 10 }, bytes: 1024, keys: 1, store, onError: (error) => error.message })
  createRegistry({ history: false })
  // @ts-expect-error -- an option that does not exist
  createRegistry({ histories: false })
  // @ts-expect-error -- a bound that does not exist
  createRegistry({ history: { event: 10 } })
  // @ts-expect-error -- true is no bound
  createRegistry({ history: true })
  // @ts-expect-error -- a store without its methods
  createRegistry({ store: {} })
  // @ts-expect-error -- a mode that does not exist
  sse({ accept: 'all' })
  // @ts-expect-error -- only false switches it off
  sse({ keepAlive: true })
  // @ts-expect-error -- a limit cannot be switched off but with Infinity
  sse({ maxConnections: false })
  // @ts-expect-error -- a header that is a number
  sse({ headers: { 'X-A': 1 } })
  // @ts-expect-error -- an option that does not exist
  sse({ retries: 1000 })
  // @ts-expect-error -- a second argument
  sse({}, {})
}

export async function connections(connection: Connection<Events>) {
  const unsubscribe: () => void = connection.subscribe('a')
  unsubscribe()
  connection.subscribe(['a', 'b'] as const, { from: 'start', filter: (event: PublishedEvent) => event.key === 'k' })
  connection.subscribe('a', { filter: ({ event, data, id, channel }) => `${event}${data}${id}${channel}` !== '' })
  const sent: boolean = connection.send({ event: 'score', data: score })
  const all: boolean = await connection.sendAll([{ event: 'score', data: score }])
  connection.comment('text')
  const opened: boolean = connection.open()
  const { closed, signal, lastEventId, registry } = connection
  const facts: [boolean, AbortSignal, string, ChannelRegistry<Events>] = [closed, signal, lastEventId, registry]
  const off: () => void = connection.on('close', (reason: CloseReason) => reason === 'client')
  connection.close()

  // @ts-expect-error -- an event type that the map does not have
  connection.send({ event: 'scores', data: score })
  // @ts-expect-error -- an iterable of wrong messages
  await connection.sendAll([{ event: 'score', data: 'text' }])
  // @ts-expect-error -- a channel's name is text
  connection.subscribe(7)
  // @ts-expect-error -- a place to begin that does not exist
  connection.subscribe('a', { from: 'end' })
  // @ts-expect-error -- a filter that decides nothing
  connection.subscribe('a', { filter: () => undefined })
  // @ts-expect-error -- an event that connections do not have
  connection.on('open', () => undefined)
  // @ts-expect-error -- a reason that does not exist
  connection.on('close', (reason) => reason === 'gone')
  // @ts-expect-error -- what a connection is cannot be set
  connection.closed = true
  return { sent, all, opened, facts, off }
}

export async function sendingMany(connection: Connection<Events>) {
  async function* rows(): AsyncGenerator<Message<Events>> {
    for (const home of [1, 2, 3]) yield await Promise.resolve({ event: 'score', data: { home, away: 0 } })
  }
  await connection.sendAll(rows())
  // @ts-expect-error -- no iterable
  await connection.sendAll({ event: 'score', data: score })
}

export function looking(registry: ChannelRegistry<Events>) {
  const stats: RegistryStats = registry.stats()
  const counts: number[] = [
    stats.connections,
    stats.gaps.evicted,
    stats.resumes.resumed,
    stats.closed.client,
    stats.shed,
  ]
  const names: string[] = registry.names()
  const has: boolean = registry.has('a')
  const latest: PublishedEvent | undefined = registry.channel('a').latest('score')
  const subscribers: number = registry.channel('a').subscribers
  const drained: Promise<void> = registry.drain({ window: 1000 })
  // @ts-expect-error -- a latest event may not be there
  const data = registry.channel('a').latest('score').data
  // @ts-expect-error -- what JSON holds is for the app to check
  const home: number = latest?.json()
  // @ts-expect-error -- a registry is made by createRegistry
  new ChannelRegistry()
  return { counts, names, has, subscribers, drained, data, home }
}

export function failing(error: unknown): string {
  if (!(error instanceof SseError)) throw error
  if (error.code === 'ERR_SSE_OPTION') return error.message
  // @ts-expect-error -- a code that does not exist
  if (error.code === 'ERR_SSE_WHATEVER') return error.message
  return error.name
}

export const ownStore: Store = {
  start(log) {
    log.begin('0000000', { ms: 0, seq: 0 })
    log.append({ ms: 1, seq: 0 }, { channel: 'a', key: 'k', body: 'data: a\n' })
  },
  append: (entry) => Promise.resolve({ ms: 1, seq: entry.kind === undefined ? entry.body.length : 0 }),
  close: () => undefined,
}
