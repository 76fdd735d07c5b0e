/**
 * Run in a process of its own, with `--expose-gc`: fills a registry in one way until its bound holds, and prints, as
 * JSON, what the registry counts and what the heap holds.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { createRegistry, type ChannelRegistry, type RegistryOptions } from '../../src/index.js'

const MIB = 1024 * 1024

interface Fill {
  readonly options: RegistryOptions
  publish(registry: ChannelRegistry, i: number): unknown
  readonly count: number
}

/** `i` in so many characters, so that no two texts share memory. */
const text = (i: number, length: number, character = 'x') => Buffer.from(`${i}${character.repeat(length)}`).toString()

const bytes = 16 * MIB
const plenty = { events: Infinity, bytes: Infinity, age: Infinity }
const log: RegistryOptions = { bytes, history: plenty, keys: 100_000_000, onError: () => {} }

const fills: Record<string, Fill> = {
  'small events': {
    options: log,
    count: 150_000,
    publish: (registry, i) => registry.channel('a').publish({ data: text(i, 10) }),
  },
  'large events': {
    options: log,
    count: 500,
    publish: (registry, i) => registry.channel('a').publish({ data: text(i, 100_000) }),
  },
  'events beyond Latin-1': {
    options: log,
    count: 20_000,
    publish: (registry, i) => registry.channel('a').publish({ data: text(i, 1000, 'x') + '😀' }),
  },
  'large keys': {
    options: log,
    count: 2000,
    publish: (registry, i) => registry.channel('a').publish({ data: 'x', key: text(i, 50_000) }),
  },
  'small keys': {
    options: log,
    count: 150_000,
    publish: (registry, i) => registry.channel('a').publish({ data: 'x', key: text(i, 10) }),
  },
  'own IDs': {
    options: log,
    count: 100_000,
    publish: (registry, i) => registry.channel('a').publish({ data: 'x', id: text(i, 900) }),
  },
  'small own IDs': {
    options: log,
    count: 150_000,
    publish: (registry, i) => registry.channel('a').publish({ data: 'x', id: text(i, 10) }),
  },
  'channels with one event': {
    options: log,
    count: 100_000,
    publish: (registry, i) => registry.channel(text(i, 10)).publish({ data: 'x' }),
  },
  'channels with one key': {
    options: log,
    count: 100_000,
    publish: (registry, i) => registry.channel(text(i, 10)).publish({ data: 'x', key: 'k' }),
  },
  'long names': {
    options: log,
    count: 2000,
    publish: (registry, i) => registry.channel(text(i, 50_000)).publish({ data: 'x' }),
  },
  'history of one channel by bytes': {
    options: { history: { ...plenty, bytes: 4 * MIB } },
    count: 100_000,
    publish: (registry, i) => registry.channel('a').publish({ data: text(i, 10) }),
  },
  'history of one channel by events': {
    options: { history: { ...plenty, events: 1000 } },
    count: 20_000,
    publish: (registry, i) => registry.channel('a').publish({ data: text(i, 1000) }),
  },
  'latest events of one channel': {
    options: { history: { ...plenty, events: 1 }, keys: 10_000, onError: () => {} },
    count: 50_000,
    publish: (registry, i) => registry.channel('a').publish({ data: 'x', key: text(i, 100) }),
  },
}

async function heap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await turn()
    globalThis.gc?.()
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

async function fill(name: string): Promise<object> {
  const one = fills[name]!
  const { options, count } = one
  // Code, maps and caches that the first publish brings are not what is measured.
  const first = createRegistry(options)
  for (let i = 0; i < 100; i++) one.publish(first, i)
  await first.close()
  const before = await heap()
  const registry = createRegistry(options)
  for (let i = 0; i < count; i++) {
    one.publish(registry, i)
    if (i % 1000 === 0) await turn()
  }
  const held = (await heap()) - before
  const { bytes, events, channels } = registry.stats()
  await registry.close()
  return { held, bytes, events, channels }
}

const [, , name = ''] = process.argv
if (name === '') process.stdout.write(JSON.stringify(Object.keys(fills)))
else void fill(name).then((result) => process.stdout.write(JSON.stringify(result)))
