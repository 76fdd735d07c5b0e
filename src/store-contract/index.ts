/** `express-sse-channels/store-contract`: tests for authors of stores. */
import { oneStore } from './one-store.js'
import { sharedLog } from './shared-log.js'
import { type ContractTest, type StoreUnderTest, useStore } from './use.js'

export { RecordingLog } from './recording-log.js'
export type { ContractTest, StoreUnderTest } from './use.js'

/** Options of `storeContract()`. */
export interface ContractOptions {
  /**
   * Whether stores that are opened in one test share a log, as several processes do. Adds the tests of such stores.
   * @default false
   */
  shared?: boolean
}

/**
 * Returns the tests that each store must pass, for any test runner. Each test makes its stores with `create` and closes
 * them.
 *
 * @throws nothing itself. `run()` of a test rejects with an `AssertionError` if the test fails, or the error of the store
 *
 * @example
 * ```ts
 * import { test } from 'node:test'
 * import { memoryStore } from 'express-sse-channels'
 * import { storeContract } from 'express-sse-channels/store-contract'
 *
 * for (const { name, run } of storeContract(() => ({ open: memoryStore }))) test(name, run)
 * ```
 */
export function storeContract(
  create: () => StoreUnderTest | Promise<StoreUnderTest>,
  { shared = false }: ContractOptions = {},
): ContractTest[] {
  const tests = shared ? [...oneStore, ...sharedLog] : oneStore
  return tests.map(({ name, run }) => ({ name, run: () => useStore(create, run) }))
}
