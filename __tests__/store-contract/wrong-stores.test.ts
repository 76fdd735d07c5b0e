// The contract finds stores that are wrong: at least one of its tests rejects for each.
import { nextPosition, type LogEntry, type Position, type Store, type StoreLog } from '../../src/index.js'
import { storeContract } from '../../src/store-contract/index.js'

/** A right store. Each test breaks one of its methods. */
class AppStore implements Store {
  log: StoreLog | undefined
  last: Position = { ms: Date.now(), seq: 0 }

  start(log: StoreLog): void {
    this.log = log
    log.begin('epoch01', this.last)
  }

  next(now = Date.now()): Position {
    return (this.last = nextPosition(this.last, now))
  }

  add(entry: LogEntry, position = this.next()): Position {
    this.log?.append(position, entry)
    return position
  }

  append(entry: LogEntry): Position {
    return this.add(entry)
  }

  close(): void {
    this.log = undefined
  }
}

const run = (broken: object) => {
  const create = () => ({ open: () => Object.assign(new AppStore(), broken) })
  return Promise.all(storeContract(create).map((test) => test.run()))
}

it('the contract finds no fault in a right store', async () => {
  await expect(run({})).resolves.toBeDefined()
})

describe('the contract finds a store', () => {
  it.each<[string, object, RegExp]>([
    [
      'whose positions have microseconds, for which IDs have no room',
      {
        append(this: AppStore, entry: LogEntry) {
          return this.add(entry, this.next(Date.now() * 1000))
        },
      },
      /append\(\) of the log takes a position; got/,
    ],
    [
      'whose positions are not whole',
      {
        append(this: AppStore, entry: LogEntry) {
          return this.add(entry, this.next(Date.now() + 0.5))
        },
      },
      /append\(\) of the log takes a position; got/,
    ],
    [
      'that gives the log an entry twice',
      {
        append(this: AppStore, entry: LogEntry) {
          return this.add(entry, this.add(entry))
        },
      },
      /takes positions that rise/,
    ],
    [
      'that gives the log an entry before it has begun',
      {
        start(this: AppStore, log: StoreLog) {
          this.log = log
          this.add({ channel: 'a', body: 'data: 1\n' })
          log.begin('epoch01', this.last)
        },
      },
      /was called before begin/,
    ],
    [
      'that lets entries come between those of one step',
      {
        async appendAll(this: AppStore, entries: readonly LogEntry[]) {
          const positions: Position[] = []
          for (const entry of entries) {
            positions.push(this.add(entry))
            await Promise.resolve()
          }
          return positions
        },
      },
      /deep-equal/,
    ],
    ['whose catchUp rejects', { catchUp: () => Promise.reject(new Error('no connection')) }, /no connection/],
  ])('%s', async (_name, broken, message) => {
    await expect(run(broken)).rejects.toThrow(message)
  })
})
