/**
 * Hostile clients against a server with well-behaved ones on it. Each siege is compared with the same server a moment before,
 * and held to bounds on memory and descriptors. The others must get every event; their latency is measured.
 */
import type { AttackedServer, Measured } from './attacked-server.js'
import { Bystanders } from './bystanders.js'
import { makesTables, recordResult } from './matrix-results.js'

export const KIB = 1024
export const MIB = 1024 * KIB
/** What a process takes and gives back by itself: garbage that has not been collected, and what the allocator keeps. */
const ALLOWANCE = 64 * MIB

export const BYSTANDERS = 50
const AT_LEAST = 120

/** The bound on latency, while tables are made. */
const LATENCY = { factor: 3, ms: 200 }

export interface Siege {
  readonly after: Measured
  /** Bytes by which the process had grown at its largest. */
  readonly grown: number
  /** Descriptors that were open beside those of before, at the most. */
  readonly descriptors: number
  /** The bystanders' latency, 99th percentile in ms: left alone, and beside the hostile clients. */
  readonly alone: number
  readonly beside: number
}

/** Lets bystanders follow a stream, first alone, then beside what hostile clients do until they have left or been cut. */
export async function besiege(server: AttackedServer, hostile: () => Promise<void>): Promise<Siege> {
  const bystanders = await Bystanders.connect(server, BYSTANDERS)
  const alone = await bystanders.latencyDuring(() => Promise.resolve(), AT_LEAST)
  const before = await server.ask('settle')
  const beside = await bystanders.latencyDuring(hostile, AT_LEAST)
  expect(bystanders.harms).toEqual([])
  const after = await server.until(
    ({ descriptors, stats }) => descriptors <= before.descriptors && stats.connections === BYSTANDERS,
  )
  const grown = after.peak - before.rss
  const descriptors = after.mostDescriptors - before.descriptors
  return { after, grown, descriptors, alone, beside }
}

/** A row of docs/hostile-clients.md, and the table it stands in. */
export interface Row {
  readonly table: 'readers' | 'http2' | 'requests' | 'leavers' | 'vanishing'
  readonly name: string
  /** Who they are, and what the server does. */
  readonly client: string
  readonly outcome: string
  /** Bytes by which the process may grow beside what it does by itself, and how they come about. */
  readonly memory: number
  readonly because: string
  /** Descriptors that may be open beside those of before. */
  readonly descriptors: number
}

/** Fails the test when a bound is passed, and writes the row otherwise. */
export function expectHeld(siege: Siege, row: Row): void {
  const { after, ...measured } = siege
  const { table, name, ...bounds } = { ...row, memory: row.memory + ALLOWANCE, allowance: ALLOWANCE }
  expect(after.troubles).toEqual([])
  const latency = Math.max(LATENCY.factor * siege.alone, siege.alone + LATENCY.ms)
  if (makesTables) expect(siege.beside).toBeLessThanOrEqual(latency)
  expect(siege.grown).toBeLessThan(bounds.memory)
  expect(siege.descriptors).toBeLessThanOrEqual(bounds.descriptors)
  recordResult(`hostile-${table}`, name, { ...bounds, measured })
}

/** Memory and descriptors are read from /proc. */
export function describeSiege(name: string, tests: () => void): void {
  if (process.platform === 'linux') describe(name, tests)
  else describe.skip(`${name} (skipped: it needs /proc, which only Linux has)`, tests)
}
