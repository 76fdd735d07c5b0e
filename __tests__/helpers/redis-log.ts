// A store on Redis whose log writes down what it is given, without a registry around it.
import type { HeldEvents, LogBounds } from '../../src/log/store.js'
import type { Position } from '../../src/log/position.js'
import { redisStore, type RedisStoreOptions } from '../../src/redis/index.js'
import type { Store } from '../../src/log/store.js'
import { RecordingLog } from '../../src/store-contract/index.js'
import { afterTest } from './after-test.js'

export class HeldLog extends RecordingLog {
  override readonly bounds: LogBounds
  held: HeldEvents | undefined

  constructor(bounds: Partial<LogBounds>) {
    super()
    this.bounds = { ...new RecordingLog().bounds, ...bounds }
  }

  override begin(epoch: string, position: Position, held?: HeldEvents): void {
    this.held = held
    super.begin(epoch, position, held)
  }

  get messages(): string[] {
    return this.errors.map((error) => (error as Error).message)
  }
}

/** Opens a store; `startTimeout` may be short where it is not to be waited for. */
export async function openLog(
  options: RedisStoreOptions,
  bounds: Partial<LogBounds> = {},
): Promise<{ store: Store; log: HeldLog }> {
  const store = redisStore(options)
  afterTest(() => store.close())
  const log = new HeldLog(bounds)
  await store.start(log)
  return { store, log }
}
