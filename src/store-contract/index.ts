/**
 * Tests for authors of stores: what each store must do. The tests work with any test runner:
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
  /** Whether stores that are opened in one test share a log, as several processes do. @default false */
  shared?: boolean
}

/** Returns the tests. Each test makes its stores with `create` and closes them. A failed test rejects with an `AssertionError`. */
export function storeContract(
  create: () => StoreUnderTest | Promise<StoreUnderTest>,
  { shared = false }: ContractOptions = {},
): ContractTest[] {
  const tests = shared ? [...oneStore, ...sharedLog] : oneStore
  return tests.map(({ name, run }) => ({ name, run: () => useStore(create, run) }))
}
