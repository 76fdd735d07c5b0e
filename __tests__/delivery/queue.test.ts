import { Queue, type Queueable } from '../../src/delivery/queue.js'

interface Task extends Queueable {
  name: string
}

const task = (name: string): Task => ({ name, isQueued: false })

/** Two things, due one after the other. */
function twoDue() {
  const queue = new Queue<Task>()
  const [a, b] = [task('a'), task('b')]
  queue.add(a)
  queue.add(b)
  return { queue, a, b }
}

/** Everything that is due, in order. */
function takeAll(queue: Queue<Task>): string[] {
  const names: string[] = []
  for (let next = queue.take(); next !== undefined; next = queue.take()) names.push(next.name)
  return names
}

describe('what is due', () => {
  it('is taken in the order in which it fell due, each thing once', () => {
    const { queue, a } = twoDue()
    queue.add(a)
    expect(takeAll(queue)).toEqual(['a', 'b'])
    expect(queue.isEmpty).toBe(true)
  })

  it('falls due again when it has been taken', () => {
    const { queue, a } = twoDue()
    queue.take()
    queue.add(a)
    expect(takeAll(queue)).toEqual(['b', 'a'])
  })

  it('is passed over when it has been deleted', () => {
    const { queue, a } = twoDue()
    queue.delete(a)
    expect(queue.isEmpty).toBe(false)
    expect(takeAll(queue)).toEqual(['b'])
  })

  it('is nothing when all of it has been deleted', () => {
    const { queue, a, b } = twoDue()
    for (const each of [a, b, a]) queue.delete(each)
    expect(queue.isEmpty).toBe(true)
    expect(queue.take()).toBeUndefined()
  })

  it('is taken once, in its old place, when it was deleted and has fallen due again', () => {
    const { queue, a } = twoDue()
    queue.delete(a)
    queue.add(a)
    expect(takeAll(queue)).toEqual(['a', 'b'])
    expect(queue.isEmpty).toBe(true)
  })
})
