/** Opens the stores of one contract test, and closes them. */
import type { Store } from '../log/store.js'
import { CheckedLog } from '../log/checked-log.js'
import { RecordingLog } from './recording-log.js'

/**
 * What `create` of `storeContract()` returns, once for each test.
 *
 * @example
 * ```ts
 * import { mkdtempSync, rmSync } from 'node:fs'
 * import { memoryStore } from 'express-sse-channels'
 * import type { StoreUnderTest } from 'express-sse-channels/store-contract'
 *
 * export function create(): StoreUnderTest {
 *   const directory = mkdtempSync('store-')
 *   return { open: () => memoryStore(), close: () => rmSync(directory, { recursive: true }) }
 * }
 * ```
 */
export interface StoreUnderTest {
  /** Opens a store. With `shared`, all stores that are opened here share a log. */
  open(): Store
  /** Called when all stores are closed, to remove what they left. */
  close?(): void | Promise<void>
}

/** One test that `storeContract()` returns. */
export interface ContractTest {
  /** The title of the test. */
  readonly name: string
  /** Runs the test. Rejects if it fails. */
  readonly run: () => Promise<void>
}

export interface Opened {
  readonly store: Store
  readonly log: RecordingLog
}

/** Opens a store and starts it with an empty log. */
export type Open = () => Promise<Opened>

export interface Clause {
  readonly name: string
  readonly run: (open: Open) => Promise<void>
}

export async function useStore(
  create: () => StoreUnderTest | Promise<StoreUnderTest>,
  run: Clause['run'],
): Promise<void> {
  const underTest = await create()
  const opened: Store[] = []
  try {
    // An entry that is left out would be waited for in vain.
    await new Promise<void>((resolve, reject) => {
      const open: Open = async () => {
        const store = underTest.open()
        opened.push(store)
        const log = new RecordingLog()
        await store.start(new CheckedLog(log, reject))
        return { store, log }
      }
      run(open).then(resolve, reject)
    })
  } finally {
    for (const store of opened) await store.close()
    await underTest.close?.()
  }
}
