/** Opens the stores of one contract test, and closes them. */
import type { Store } from '../log/store.js'
import { RecordingLog } from './recording-log.js'

export interface StoreUnderTest {
  /** Opens a store. With a shared log, all stores that are opened here share it. */
  open(): Store
  /** Called after all stores have been closed. */
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
