import { OwnIds } from '../../src/log/own-ids.js'
import { RecentHashes } from '../../src/log/recent-hashes.js'
import { EPOCH, TestLog } from '../helpers/log.js'

const anywhere = () => true
const at = (ms: number) => ({ ms, seq: 0 })

describe('an own ID', () => {
  it('leads to its event while the log holds the event', () => {
    const test = new TestLog({ history: { events: 2 } })
    const [first, second] = ['1', '2'].map((id) => test.append('a', { id }))
    expect(test.log.ownIds.find('1', anywhere)).toEqual(first!.position)
    test.append('a', { id: '3' })
    expect(test.log.ownIds.find('1', anywhere)).toBeUndefined()
    expect(test.log.ownIds.find('2', anywhere)).toEqual(second!.position)
    expect(test.log.ownIds.find('4', anywhere)).toBeUndefined()
  })

  it('leads to the latest event of a key after history has evicted it', () => {
    const test = new TestLog({ history: { events: 1 } })
    const event = test.append('a', { id: '1', key: 'k' })
    test.append('a', { id: '2' })
    expect(test.log.ownIds.find('1', anywhere)).toEqual(event.position)
    test.append('a', { id: '3', key: 'k' })
    expect(test.log.ownIds.has('1')).toBe(false)
  })

  it('leads nowhere if two events have it, in one channel or in two', () => {
    for (const channel of ['a', 'b']) {
      const test = new TestLog()
      test.append('a', { id: 'same' })
      test.append('a')
      test.append(channel, { id: 'same' })
      expect(test.log.ownIds.find('same', anywhere)).toBeUndefined()
      expect(test.log.ownIds.has('same')).toBe(true)
    }
  })

  it('leads nowhere if an evicted event of any channel had it', () => {
    for (const channel of ['a', 'b']) {
      const test = new TestLog({ history: { events: 1 } })
      test.append('a', { id: 'same' })
      test.append('a')
      test.append(channel, { id: 'same' })
      expect(test.log.ownIds.find('same', anywhere)).toBeUndefined()
    }
  })

  it('leads nowhere if it is used again after the log has restarted', () => {
    const test = new TestLog()
    test.append('a', { id: 'same' })
    test.log.begin('another', at(test.now + 5))
    expect(test.log.ownIds.has('same')).toBe(false)
    test.now += 10
    test.append('a', { id: 'same' })
    expect(test.log.ownIds.find('same', anywhere)).toBeUndefined()
  })

  it('leads to an event that is loaded again when the log restarts', () => {
    const test = new TestLog()
    const { position } = test.append('a', { id: '1' })
    const events = [{ position, entry: { channel: 'a', id: '1', body: 'data: x\n' } }]
    test.log.begin(EPOCH, at(0), { latest: [], events, readUpTo: at(0) })
    expect(test.log.ownIds.find('1', anywhere)).toEqual(position)
  })

  it('leads nowhere for a connection that does not read its channel', () => {
    const ids = new OwnIds(Infinity)
    ids.add('1', 'a', at(1))
    expect(ids.find('1', (channel) => channel === 'b')).toBeUndefined()
    expect(ids.find('1', (channel) => channel === 'a')).toEqual(at(1))
  })
})

describe('the record of evicted own IDs', () => {
  it('is bounded, counted in bytes, and drops the oldest', () => {
    const ids = new OwnIds(80_000)
    for (let i = 0; i < 10_000; i++) {
      ids.add(`${i}`, 'a', at(i))
      ids.remove(`${i}`)
    }
    expect(ids.bytes).toBeGreaterThan(1000)
    expect(ids.bytes).toBeLessThanOrEqual(10_000)
    ids.add('9999', 'a', at(10_000))
    ids.add('0', 'a', at(10_001))
    expect(ids.find('9999', anywhere)).toBeUndefined()
    expect(ids.find('0', anywhere)).toEqual(at(10_001))
  })

  it('contains each of the newest IDs, and no ID that was not added', () => {
    const hashes = new RecentHashes(40 * 2 * 100)
    for (let i = 0; i < 1000; i++) hashes.add(`text ${i}`)
    for (let i = 901; i < 1000; i++) expect(hashes.has(`text ${i}`)).toBe(true)
    expect(hashes.has('text 0')).toBe(false)
    expect(hashes.has('another')).toBe(false)
  })
})
