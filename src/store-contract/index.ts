/**
 * What every store has to do, as tests for whoever writes one. They need no test runner of a certain kind:
 *
 * ```ts
 * for (const { name, run } of storeContract(() => ({ open: () => new MyStore() }))) test(name, run)
 * ```
 */
import { oneStore } from './one-store.js'
import { sharedLog } from './shared-log.js'
import { type ContractTest, type StoreUnderTest, useStore } from './use.js'

export { RecordingLog } from './recording-log.js'
export type { ContractTest, StoreUnderTest } from './use.js'

export interface ContractOptions {
  /** Whether two stores that are opened in one test share a log, as two processes would. */
  shared?: boolean
}

/** The tests; each makes what it needs with `create` and closes it. They reject with an `AssertionError`. */
export function storeContract(
  create: () => StoreUnderTest | Promise<StoreUnderTest>,
  { shared = false }: ContractOptions = {},
): ContractTest[] {
  const tests = shared ? [...oneStore, ...sharedLog] : oneStore
  return tests.map(({ name, run }) => ({ name, run: () => useStore(create, run) }))
}
