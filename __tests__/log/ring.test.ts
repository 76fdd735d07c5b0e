import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { Ring } from '../../src/log/ring.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const contents = (ring: Ring<number>) => Array.from({ length: ring.length }, (_, i) => ring.at(i))

describe('a ring', () => {
  it('holds what an array would hold after the same calls', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ do: fc.constant('push' as const), times: fc.integer({ min: 1, max: 20 }) }) },
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant('shift' as const), times: fc.integer({ min: 1, max: 20 }) }),
      },
      { weight: 1, arbitrary: fc.constant({ do: 'clear' as const, times: 1 }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [ring, array] = [new Ring<number>(), [] as number[]]
        let pushed = 0
        for (const { do: method, times } of steps) {
          for (let i = 0; i < times; i++) {
            if (method === 'push') {
              ring.push(++pushed)
              array.push(pushed)
            } else if (method === 'shift') {
              expect(ring.shift()).toBe(array.shift())
            } else {
              ring.clear()
              array.length = 0
            }
          }
          expect(contents(ring)).toEqual(array)
          expect([ring.at(-1), ring.at(ring.length)]).toEqual([undefined, undefined])
        }
      }),
    )
  })

  it('gives up its oldest items, as many as asked for and held', () => {
    const ring = new Ring<number>()
    for (let i = 0; i < 10; i++) ring.push(i)
    expect(ring.take(3)).toEqual([0, 1, 2])
    expect(ring.take(100)).toEqual([3, 4, 5, 6, 7, 8, 9])
    expect(ring.length).toBe(0)
  })

  it('releases the items that were shifted', async () => {
    const ring = new Ring<object>()
    const first = new WeakRef({})
    ring.push(first.deref()!)
    ring.push({})
    ring.shift()
    // A weak reference keeps its object until the turn is over.
    await turn()
    collectGarbage()
    expect(first.deref()).toBeUndefined()
    expect(ring.length).toBe(1)
  })
})
