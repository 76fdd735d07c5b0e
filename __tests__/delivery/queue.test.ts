import { Queue, type Queueable } from '../../src/delivery/queue.js'

interface Task extends Queueable {
  name: string
}

const task = (name: string): Task => ({ name, isQueued: false })

/** A queue with two items. */
function twoDue() {
  const queue = new Queue<Task>()
  const [a, b] = [task('a'), task('b')]
  queue.add(a)
  queue.add(b)
  return { queue, a, b }
}

/** All items, in order. */
function takeAll(queue: Queue<Task>): string[] {
  const names: string[] = []
  for (let next = queue.take(); next !== undefined; next = queue.take()) names.push(next.name)
  return names
}

describe('the queue', () => {
  it('returns each item once, in the order in which it was added', () => {
    const { queue, a } = twoDue()
    queue.add(a)
    expect(takeAll(queue)).toEqual(['a', 'b'])
    expect(queue.isEmpty).toBe(true)
  })

  it('accepts an item again after it was taken', () => {
    const { queue, a } = twoDue()
    queue.take()
    queue.add(a)
    expect(takeAll(queue)).toEqual(['b', 'a'])
  })

  it('skips deleted items', () => {
    const { queue, a } = twoDue()
    queue.delete(a)
    expect(queue.isEmpty).toBe(false)
    expect(takeAll(queue)).toEqual(['b'])
  })

  it('is empty after all items have been deleted', () => {
    const { queue, a, b } = twoDue()
    for (const each of [a, b, a]) queue.delete(each)
    expect(queue.isEmpty).toBe(true)
    expect(queue.take()).toBeUndefined()
  })

  it('keeps the old place of an item that is deleted and added again', () => {
    const { queue, a } = twoDue()
    queue.delete(a)
    queue.add(a)
    expect(takeAll(queue)).toEqual(['a', 'b'])
    expect(queue.isEmpty).toBe(true)
  })
})
