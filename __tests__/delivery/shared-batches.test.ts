import { Cursor } from '../../src/delivery/cursor.js'
import { SharedBatches } from '../../src/delivery/shared-batches.js'
import { TestLog } from '../helpers/log.js'

function setUp() {
  const test = new TestLog()
  const batches = new SharedBatches()
  const channel = test.read('scores')
  const read = (cursor: Cursor, conflate = false) => batches.take(cursor, conflate)
  return { test, channel, read }
}

describe('a cursor with shared batches', () => {
  it('gets the same bytes as another at the same place', () => {
    const { test, channel, read } = setUp()
    const cursors = [new Cursor(channel), new Cursor(channel)]
    test.append('scores')
    const [first, second] = cursors.map((cursor) => read(cursor))
    expect(first?.batch?.events).toBe(1)
    expect(second?.batch?.chunk).toBe(first?.batch?.chunk)
    expect(cursors.map(({ offset }) => offset)).toEqual([1, 1])
  })

  it('gets events that were published after a batch of its place was made', () => {
    const { test, channel, read } = setUp()
    const [early, late] = [new Cursor(channel), new Cursor(channel)]
    test.append('scores')
    read(early)
    test.append('scores')
    expect(read(late).batch?.events).toBe(2)
    expect(read(early).batch?.events).toBe(1)
  })

  it('does not share a conflated batch with a cursor that does not conflate', () => {
    const { test, channel, read } = setUp()
    const [late, attentive, alsoLate] = [new Cursor(channel), new Cursor(channel), new Cursor(channel)]
    test.append('scores', { key: 'k' })
    test.append('scores', { key: 'k' })
    expect(read(late, true)).toMatchObject({ conflated: 1, batch: { events: 1 } })
    expect(read(attentive)).toMatchObject({ conflated: 0, batch: { events: 2 } })
    expect(read(alsoLate, true)).toMatchObject({ conflated: 1, batch: { events: 1 } })
  })

  it('does not get the batch of a new client that reads only latest events', () => {
    const { test, channel, read } = setUp()
    const reader = new Cursor(channel)
    for (const entry of [{ key: 'k' }, {}, { key: 'k' }]) test.append('scores', entry)
    const newcomer = new Cursor(channel)
    newcomer.begin('latest', true)
    expect(read(newcomer).batch?.events).toBe(1)
    expect(read(reader).batch?.events).toBe(3)
  })

  it('keeps at most 16 MiB of batches, and shares the newest', () => {
    const { test, channel, read } = setUp()
    const cursors = Array.from({ length: 20 }, () => {
      const pair = [new Cursor(channel), new Cursor(channel)] as const
      test.append('scores', { data: 'x'.repeat(1024 * 1024) })
      return pair
    })
    const first = cursors.map(([cursor]) => read(cursor).batch)
    expect(read(cursors.at(-1)![1]).batch).toBe(first.at(-1))
    expect(read(cursors[0]![1]).batch).not.toBe(first[0])
  })

  it('shares a batch in which all events were conflated, and the next one', () => {
    const { test, channel, read } = setUp()
    const cursors = [new Cursor(channel), new Cursor(channel)]
    for (let i = 0; i < 3; i++) test.append('scores', { key: 'k' })
    const parts = cursors.map((cursor) => read(cursor, true))
    expect(parts[0]).toMatchObject({ conflated: 2, to: 3 })
    expect(parts[1]).toBe(parts[0])
  })
})
