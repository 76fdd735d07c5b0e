/** Opens the stores that one test of the contract needs, and closes them. */
import type { Store } from '../log/store.js'
import { RecordingLog } from './recording-log.js'

export interface StoreUnderTest {
  /** Opens a store; where stores share a log, all that are opened here share this one. */
  open(): Store
  /** Called when the stores have been closed. */
  close?(): void | Promise<void>
}

export interface ContractTest {
  readonly name: string
  readonly run: () => Promise<void>
}

export interface Opened {
  readonly store: Store
  readonly log: RecordingLog
}

/** Opens a store and starts it with a log that is empty. */
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
    await run(async () => {
      const store = underTest.open()
      opened.push(store)
      const log = new RecordingLog()
      await store.start(log)
      return { store, log }
    })
  } finally {
    for (const store of opened) await store.close()
    await underTest.close?.()
  }
}
